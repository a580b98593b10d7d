use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, Requirement, Scope, tool};

fn of_a_number(_: &u32, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

fn of_nothing() -> Requirement {
    Scope::new("more").into()
}

fn a_scope(_: &JsonObject, _: &AuthInfo) -> Scope {
    Scope::new("more")
}

#[tool(authenticated, scopes_for = of_a_number)]
fn one(_: Parameters<JsonObject>) {}

#[tool(authenticated, scopes_for = of_nothing)]
fn two(_: Parameters<JsonObject>) {}

#[tool(authenticated, scopes_for = a_scope)]
fn three(_: Parameters<JsonObject>) {}

#[tool(authenticated, scopes_for = nowhere)]
fn four(_: Parameters<JsonObject>) {}

fn main() {}
