use mcp_authz::{Scope, tool};

#[tool(scopes = "mail:read", "mail:send")]
fn bare() {}

#[tool(scopes = ("mail:read", "mail:send"))]
fn tuple() {}

#[tool(scopes = &["mail:read"])]
fn reference() {}

#[tool(scopes = vec!["mail:read"])]
fn vector() {}

#[tool(scopes = "mail:read" | "mail:send")]
fn either() {}

#[tool(scopes = ["openid" && "mail:send", ["a", "b"], Scope::new("c"), ("d")])]
fn in_a_list() {}

#[tool(scopes = ["openid, profile,email"])]
fn in_a_string() {}

fn main() {}
