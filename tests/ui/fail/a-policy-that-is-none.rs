use mcp_authz::{AuthInfo, Parameters, PolicyError, schemars, serde, tool};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Payment {
    amount: u32,
}

async fn of_a_number(_: &AuthInfo, _: &u32) -> Result<(), PolicyError> {
    Ok(())
}

async fn of_a_payment(_: &AuthInfo, _: &Payment) -> Result<(), PolicyError> {
    Ok(())
}

fn yes_or_no(_: &AuthInfo) -> bool {
    true
}

async fn by_value(_: AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

#[tool(authenticated, policy = of_a_number)]
fn other_arguments(_: Parameters<Payment>) {}

#[tool(authenticated, policy = of_a_payment)]
fn no_arguments() {}

#[tool(authenticated, policy = yes_or_no)]
fn two_outcomes() {}

#[tool(authenticated, policy = by_value)]
fn owned() {}

fn main() {}
