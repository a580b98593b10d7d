use mcp_authz::{AuthInfo, Parameters, PolicyError, Requirement, Scope, rmcp, tool};

type Arguments = rmcp::model::JsonObject;

fn more(_: &Arguments, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

fn policy(_: &AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

#[tool(anonymous, conceal, max_age = 300, acr_values = ["phr"])]
fn open() {}

#[tool(scopes_for = more, policy = policy, anonymous)]
fn wide_open(_: Parameters<Arguments>) {}

fn main() {}
