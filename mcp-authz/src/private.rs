//! Everything that the macros' expansions may name, and nothing else. No part of the public API.

pub use crate::extract::{Call, FromCall, Signature};
pub use crate::registry::{Access, Hints, Origin, ToolEntry, ToolSpec};
pub use crate::scope::{Requirement, Scope};
pub use futures_util::future::BoxFuture;
pub use inventory;
pub use rmcp::ErrorData;
pub use rmcp::handler::server::tool::IntoCallToolResult;
pub use rmcp::model::{CallToolResponse, JsonObject};
