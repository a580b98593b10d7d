#![allow(unused_variables)]
use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, State, prompt, resource, tool};

#[tool(authenticated)]
fn given(
    /// Who calls.
    auth: AuthInfo,
    #[arg] state: State<u8>,
) {
}

#[tool(authenticated)]
fn unsaid(#[serde(default)] to: String) {}

#[prompt(authenticated)]
fn said_twice(
    /// Whom to write to.
    to: String,
    all: Parameters<JsonObject>,
) -> String {
    to
}

#[tool(authenticated)]
fn without_a_name(
    #[arg(name = "to")] to: String,
    /// A pair.
    (_, _): (u8, u8),
    /// Borrowed.
    text: &str,
) {
}

#[resource(uri = "x://{name}", authenticated)]
fn read(
    /// What to read.
    name: String,
) -> String {
    name
}

fn main() {
    // They stay functions.
    let _ = (unsaid, said_twice, read);
}
