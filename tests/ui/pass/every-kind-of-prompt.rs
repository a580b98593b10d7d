#![deny(warnings)]
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    GetPromptResponse, GetPromptResult, InputRequiredResult, JsonObject, PromptMessage, Role,
};
use mcp_authz::{AuthInfo, Denied, Parameters, PolicyError, Requirement, Scope, State, prompt};

fn more(_: &JsonObject, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

fn policy(_: &AuthInfo) -> Result<(), PolicyError> {
    Ok(())
}

#[prompt(
    scopes = any("a", "b"),
    scopes_for = more,
    policy = policy,
    max_age = 300,
    acr_values = ["phr"],
    conceal,
    name = "every.argument",
    title = "Every argument",
    description = "Has every argument.",
    toolset = "all",
    crate = mcp_authz,
)]
async fn every_argument(_: Parameters<JsonObject>, auth: AuthInfo, _: State<u8>) -> String {
    auth.subject().unwrap_or("nobody").into()
}

#[prompt(anonymous)]
fn text(_: Option<AuthInfo>) -> &'static str {
    "text"
}

#[prompt(authenticated)]
fn message() -> PromptMessage {
    PromptMessage::new_text(Role::User, "message")
}

#[prompt(authenticated)]
async fn messages() -> Vec<PromptMessage> {
    vec![message()]
}

#[prompt(authenticated)]
fn result() -> Result<GetPromptResult, ErrorData> {
    Ok(GetPromptResult::new(vec![message()]))
}

#[prompt(authenticated)]
fn response(auth: AuthInfo) -> Result<GetPromptResponse, Denied> {
    auth.require(Scope::new("a"))?;
    Ok(GetPromptResult::new(Vec::new()).into())
}

#[prompt(authenticated)]
fn another_round() -> InputRequiredResult {
    InputRequiredResult::from_request_state("state")
}

fn main() {
    assert_eq!(every_argument::prompt().name(), "every.argument");
    assert_eq!(text(None), "text");
}
