use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, PolicyError, tool};

async fn of_a_number(_: &AuthInfo, _: &u32) -> Result<(), PolicyError> {
    Ok(())
}

async fn of_an_object(_: &AuthInfo, _: &JsonObject) -> Result<(), PolicyError> {
    Ok(())
}

fn yes_or_no(_: &AuthInfo) -> bool {
    true
}

async fn by_value(_: AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

#[tool(authenticated, policy = of_a_number)]
fn other_arguments(_: Parameters<JsonObject>) {}

#[tool(authenticated, policy = of_an_object)]
fn no_arguments() {}

#[tool(authenticated, policy = yes_or_no)]
fn two_outcomes() {}

#[tool(authenticated, policy = by_value)]
fn owned() {}

fn main() {}
