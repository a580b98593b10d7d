//! Logto's Management API: what an operator does in the console, typed and documented.
//!
//! Verifying Logto's tokens takes none of this ([`Issuer::logto`](crate::Issuer::logto) is enough).
//! [`Management`] is for programs that set a tenant up, register agents, or take back what people
//! allowed them.
//!
//! ```no_run
//! # async fn example(secret: String) -> Result<(), mcp_authz::logto::Error> {
//! use mcp_authz::logto::Management;
//!
//! let logto = Management::builder("https://tenant.logto.app")
//!     .app("vd2kxvwp5lkmpyrhcgwlt", secret)
//!     .build()?;
//! let apps = logto.third_party_apps().await?;
//! # Ok(()) }
//! ```
//!
//! Each method names its endpoint; `call` and `code` of an [`Error`] are those of
//! [Logto's documentation](https://openapi.logto.io). Ids are Logto's, never names, but for user
//! scopes, which have no ids.

// A file per family of endpoints, below what carries them.
mod error;
mod call;
mod machine_token;
mod management;
mod resources;
mod roles;
mod users;
mod applications;
mod secrets;
mod consent;
mod metadata_documents;
mod branding;
mod customizer;

pub use applications::{
    Application, ApplicationType, NewThirdPartyApp, OidcClientMetadata, ThirdPartyType,
};
pub use branding::{Logos, SignInBranding};
pub use consent::{AllowedScopes, ConsentScope, ConsentScopes, ResourceName, ScopesOfResource};
pub use customizer::TokenCustomizer;
pub use error::Error;
pub use management::{Management, ManagementBuilder};
pub use resources::{NewResource, Resource, ResourceScope};
pub use roles::{NewRole, Role, RoleType};
pub use secrets::{ApplicationSecret, Rotation};
pub use users::{Grant, GrantsOf, User};
