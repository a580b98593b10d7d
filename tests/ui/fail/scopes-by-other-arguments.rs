use mcp_authz::{AuthInfo, Parameters, Requirement, Scope, schemars, serde, tool};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Payment {
    amount: u32,
}

fn of_a_number(_: &u32, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

fn of_nothing() -> Requirement {
    Scope::new("more").into()
}

fn a_scope(_: &Payment, _: &AuthInfo) -> Scope {
    Scope::new("more")
}

#[tool(authenticated, scopes_for = of_a_number)]
fn one(_: Parameters<Payment>) {}

#[tool(authenticated, scopes_for = of_nothing)]
fn two(_: Parameters<Payment>) {}

#[tool(authenticated, scopes_for = a_scope)]
fn three(_: Parameters<Payment>) {}

#[tool(authenticated, scopes_for = nowhere)]
fn four(_: Parameters<Payment>) {}

fn main() {}
