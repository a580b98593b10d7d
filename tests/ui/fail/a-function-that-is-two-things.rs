use mcp_authz::{prompt, resource, tool};

#[tool(authenticated)]
#[tool(scopes = ["mail:read"], name = "inbox")]
fn mails() -> String {
    String::new()
}

#[prompt(authenticated)]
#[mcp_authz::tool(authenticated)]
fn letter() -> String {
    String::new()
}

#[tool(authenticated)]
#[resource(uri = "notes://today", authenticated)]
#[prompt(authenticated)]
fn today() -> String {
    String::new()
}

fn main() {}
