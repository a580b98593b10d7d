use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, PolicyError, Requirement, Scope, resource};

fn more(_: &String, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

fn of_two(_: &AuthInfo, _: &String, _: &u32) -> Result<(), PolicyError> {
    Ok(())
}

#[resource(uri = "files://{bucket}", authenticated)]
fn arguments(bucket: String, _: Parameters<JsonObject>) -> String {
    bucket
}

#[resource(uri = "files://all", authenticated, scopes_for = more)]
fn no_variables() -> String {
    String::new()
}

#[resource(uri = "files://{bucket}", authenticated, policy = of_two)]
fn one_variable(bucket: String) -> String {
    bucket
}

#[resource(uri = "files://{bucket}/{number}", authenticated, scopes_for = more)]
fn two_variables(bucket: String, number: u32) -> String {
    format!("{bucket}{number}")
}

fn main() {}
