#![deny(warnings)]
use std::net::IpAddr;

use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    InputRequiredResult, ReadResourceResponse, ReadResourceResult, ResourceContents,
};
use mcp_authz::{AuthInfo, Denied, PolicyError, Requirement, Scope, State, resource};

fn more(_: &IpAddr, _: &str, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

async fn policy(_: &AuthInfo, _: &IpAddr, _: &String) -> Result<(), PolicyError> {
    Ok(())
}

#[resource(
    uri = "logs://{host}/{+path}",
    scopes = any("logs:{host}:read", "logs"),
    scopes_for = more,
    policy = policy,
    max_age = 300,
    acr_values = ["phr"],
    conceal,
    name = "Every argument",
    title = "Every argument",
    description = "Has every argument.",
    mime_type = "text/plain",
    toolset = "all",
    crate = mcp_authz,
)]
async fn every_argument(host: IpAddr, auth: AuthInfo, mut path: String, _: State<u8>) -> String {
    path.push_str(auth.subject().unwrap_or("nobody"));
    format!("{host}/{path}")
}

#[resource(uri = "x:text", anonymous)]
fn text(_: Option<AuthInfo>) -> &'static str {
    "text"
}

#[resource(uri = "x:{type}/{_n}", authenticated)]
fn ignored(_type: String, _n: u8) -> Vec<u8> {
    Vec::new()
}

#[resource(uri = "y:{type}", authenticated)]
fn reserved(r#type: String) -> ResourceContents {
    ResourceContents::text("x", r#type)
}

#[resource(uri = "x:contents", authenticated)]
async fn contents() -> Vec<ResourceContents> {
    Vec::new()
}

#[resource(uri = "x:result", authenticated)]
fn result() -> Result<ReadResourceResult, ErrorData> {
    Ok(ReadResourceResult::new(Vec::new()))
}

#[resource(uri = "x:response", authenticated)]
fn response(auth: AuthInfo) -> Result<ReadResourceResponse, Denied> {
    auth.require(Scope::new("a"))?;
    Ok(ReadResourceResult::new(Vec::new()).into())
}

#[resource(uri = "x:another", authenticated)]
fn another_round() -> InputRequiredResult {
    InputRequiredResult::from_request_state("state")
}

#[resource(uri = "six:{a}/{b}/{c}/{d}/{e}/{f}", authenticated)]
fn six(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) -> String {
    (a + b + c + d + e + f).to_string()
}

fn main() {
    assert_eq!(every_argument::resource().name(), "Every argument");
    assert_eq!(text(None), "text");
    assert_eq!(six(1, 2, 3, 4, 5, 6), "21");
}
