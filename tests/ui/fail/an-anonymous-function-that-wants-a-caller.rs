#![allow(unused_variables)]

use mcp_authz::{AuthInfo, prompt, resource, tool};

#[tool(anonymous)]
fn greet(auth: AuthInfo) {}

#[prompt(anonymous)]
fn letter(#[arg] to: String, auth: mcp_authz::AuthInfo) -> String {
    to
}

#[resource(uri = "notes://today", anonymous)]
fn today(auth: AuthInfo) -> String {
    String::new()
}

fn main() {}
