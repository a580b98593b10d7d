//! MCP servers whose tools act for a person: scopes are declared on the function and enforced
//! before it runs.
//!
//! ```no_run
//! use mcp_authz::{AuthInfo, Claims, Json, Server, tool};
//!
//! /// Return the identity claims that the person agreed to share.
//! #[tool(scopes = ["profile", "email"])]
//! async fn whoami(auth: AuthInfo) -> Json<Claims> {
//!     Json(auth.consented_claims())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), mcp_authz::Error> {
//!     Server::builder("whoami")
//!         .resource("https://mcp.example.com/mcp")
//!         .issuer("https://tenant.logto.app/oidc")
//!         .build()
//!         .await?
//!         .serve("0.0.0.0:3001")
//!         .await
//! }
//! ```
//!
//! The way of a request:
//!
//! ```text
//! HTTP request ─▶ bearer ─▶ token ─▶ AuthInfo ─▶ rmcp ─▶ gate ─▶ your function ─▶ response
//!                   │         │                           │ ▲
//!                   ▼         ▼                           ▼ └─ #[tool(scopes = […])]
//!                400/401   401/503                  401/403 challenge
//! ```
//!
//! # What is guarded
//!
//! | above a function | it is | reached by |
//! |---|---|---|
//! | [`#[tool(..)]`](macro@tool) | what a model calls | its name |
//! | [`#[prompt(..)]`](macro@prompt) | a text that a person starts from | its name |
//! | [`#[resource(..)]`](macro@resource) | something to read | its URI, or all URIs of a template |
//!
//! Each says who may have it (`scopes = …`, `authenticated` or `anonymous`), and can ask for more: scopes
//! by its arguments, a policy, a recent sign-in. Servers that were written against rmcp get the same
//! from [`Authz`] and [`Rules`].
//!
//! # What clients see
//!
//! | the request | the answer |
//! |---|---|
//! | has no credentials | 401 with `scope` and `resource_metadata`, no `error` (RFC 6750 §3.1) |
//! | has two, or a token in the query as well | 400 `invalid_request` |
//! | has a token that is not good here | 401 `invalid_token` |
//! | has a token that cannot be verified right now | 503 with `Retry-After`, no challenge |
//! | lacks scopes | 403 `insufficient_scope` with **all** scopes of the operation |
//! | is refused by a policy | 403 without a challenge, or 503 where it cannot tell |
//! | needs a more recent or stronger sign-in | 401 `insufficient_user_authentication` (RFC 9470) |
//! | names what does not exist, or is concealed | the protocol's own answer, without a challenge |
//! | meets a panic | 500, for that request alone |
//!
//! A client is not told what is wrong with its token. The log is, through [`tracing`]: install a
//! subscriber, such as that of `tracing-subscriber`, to read at `info` why a token was refused, at `warn`
//! which issuer cannot be reached, and at `debug` which calls were refused.
//!
//! [`tracing`]: https://docs.rs/tracing
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `dev-server` | an embedded OpenID provider for development and tests, loopback only | no |
//! | `dpop` | `Dpop`: tokens bound to a key of the client (RFC 9449) | no |
//! | `testing` | `testing`: for the tests of your server, without a socket | no |
//! | `logto` | `logto`: Logto's Management API, setting a tenant up for a server, its user records as identity, registering agents there | no |
//!
//! Turning a feature on never changes what is enforced.
#![cfg_attr(docsrs, feature(doc_cfg))]

// In the order in which a request meets them.
mod bearer;
mod token;
mod clock;
mod addresses;
mod fetch;
mod world;
mod auth_info;
mod denied;
mod consented;
mod scope;
mod registry;
mod gate;
mod verdict;
mod challenge;
mod layer;
mod metadata;
mod bind;
mod extract;
mod reply;
mod server;
mod error;

pub mod danger;

use world::World;

#[cfg(feature = "dev-server")]
#[cfg_attr(docsrs, doc(cfg(feature = "dev-server")))]
pub mod dev;

#[cfg(feature = "logto")]
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
pub mod logto;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

// The public interface is:
pub use auth_info::{AuthInfo, AuthInfoBuilder};
pub use bearer::BearerToken;
pub use bind::SessionLimits;
pub use consented::Claims;
pub use denied::Denied;
pub use error::{ConfigError, Error};
pub use extract::{Call, FromCall, Rmcp, State};
pub use gate::{ChallengeForm, PolicyError, Rule, Rules, Visibility, first_party};
#[doc(inline)]
#[doc = include_str!("docs/prompt.md")]
pub use mcp_authz_macros::prompt;
#[doc(inline)]
#[doc = include_str!("docs/resource.md")]
pub use mcp_authz_macros::resource;
#[doc(inline)]
#[doc = include_str!("docs/tool.md")]
pub use mcp_authz_macros::tool;
pub use registry::{Access, Entry, Kind, PromptEntry, ResourceEntry, ToolEntry};
pub use reqwest;
pub use rmcp;
pub use rmcp::handler::server::wrapper::{Json, Parameters};
pub use scope::{ChallengeScopes, Hierarchy, InvalidScope, Requirement, Scope, ScopeSet};
pub use server::{
    Annotated, Authz, GuardedItem, Manifest, Protect, Server, ServerBuilder, StdioCaller,
};
#[cfg(feature = "dpop")]
#[cfg_attr(docsrs, doc(cfg(feature = "dpop")))]
pub use token::Dpop;
pub use token::{
    Algorithm, ClientAuth, Introspection, Issuer, Report, TokenCache, TokenVerifier, Userinfo,
    VerifyError,
};
pub use {schemars, serde};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
