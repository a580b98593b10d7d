//! The guide: chapters in reading order, with every block of code compiled.
//!
//! | chapter | for whom |
//! |---|---|
//! | [Writing tools](writing_tools) | you write a server |
//! | [Security model](security_model) | you decide whether to trust this crate |
//! | [Third-party agents](third_party_agents) | you open it to agents that others wrote |
//! | [Providers](providers) | you have an identity provider |
//! | [Servers that exist](existing_servers) | you have an rmcp server |
//! | [Testing](testing) | you want to keep it right |
//! | [Deploying](deploying) | you run it |
//! | [Migrating](migrating) | you come from mcp-auth, or check scopes by hand |
//!
//! There is no code in this module: it is part of the documentation alone.

#[doc = include_str!("writing_tools.md")]
pub mod writing_tools {}

#[doc = include_str!("security_model.md")]
pub mod security_model {}

#[doc = include_str!("third_party_agents.md")]
pub mod third_party_agents {}

#[doc = include_str!("providers.md")]
pub mod providers {
    #[doc = include_str!("providers/logto.md")]
    pub mod logto {}

    #[doc = include_str!("providers/keycloak.md")]
    pub mod keycloak {}

    #[doc = include_str!("providers/auth0.md")]
    pub mod auth0 {}

    #[doc = include_str!("providers/okta.md")]
    pub mod okta {}

    #[doc = include_str!("providers/entra_id.md")]
    pub mod entra_id {}

    #[doc = include_str!("providers/cognito.md")]
    pub mod cognito {}

    #[doc = include_str!("providers/google.md")]
    pub mod google {}

    #[doc = include_str!("providers/github.md")]
    pub mod github {}

    #[doc = include_str!("providers/generic.md")]
    pub mod generic {}
}

#[doc = include_str!("existing_servers.md")]
pub mod existing_servers {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("deploying.md")]
pub mod deploying {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}
