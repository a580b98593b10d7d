use mcp_authz::{resource, tool};

#[tool("mail:send")]
fn scope() {}

#[resource("notes://today", authenticated)]
fn uri() -> String {
    String::new()
}

fn main() {}
