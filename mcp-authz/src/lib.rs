//! MCP servers whose tools act for a person: scopes are declared on the function and enforced
//! before it runs.
#![cfg_attr(docsrs, feature(doc_cfg))]

// In the order in which a request meets them.
mod bearer;
mod token;
mod clock;
mod fetch;
mod world;
mod auth_info;
mod consented;
mod scope;
mod registry;
mod gate;
mod challenge;
mod layer;
mod metadata;
mod bind;
mod extract;
mod reply;
mod server;
mod error;

use world::World;

#[cfg(feature = "dev-server")]
#[cfg_attr(docsrs, doc(cfg(feature = "dev-server")))]
pub mod dev;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

// The public interface is:
pub use auth_info::{AuthInfo, AuthInfoBuilder};
pub use bearer::BearerToken;
pub use bind::SessionLimits;
pub use consented::Claims;
pub use error::{ConfigError, Error};
pub use extract::{Call, FromCall, Rmcp, State};
#[doc(inline)]
#[doc = include_str!("docs/tool.md")]
pub use mcp_authz_macros::tool;
pub use registry::{Access, ToolEntry};
pub use rmcp;
pub use rmcp::handler::server::wrapper::{Json, Parameters};
pub use scope::{InvalidScope, Requirement, Scope, ScopeSet};
pub use server::{Server, ServerBuilder};
pub use token::{Algorithm, Issuer, TokenVerifier, VerifyError};
pub use {schemars, serde};
