//! Attempts to reach a handler without its scopes. Every one of them is proved by a counter in the
//! handler, not by what the answer says.

mod bodies;
mod credentials;
mod depth;
mod headers;
mod paths;
mod raw;
mod sending;
mod sessions;
mod tokens;
mod standard_headers;
mod wire;

use mcp_authz::{State, tool};
use support::{Lab, Ran};

/// Anybody signed in may.
#[tool(authenticated)]
pub fn echo() -> String {
    "echo".into()
}

/// What the attacker is after: counts.
#[tool(scopes = ["admin"])]
pub fn wipe(ran: State<Ran>) -> String {
    ran.note();
    "wiped".into()
}

async fn lab(json: bool) -> Lab {
    Lab::start(|server| server.json_replies(json)).await
}
