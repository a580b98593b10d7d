use mcp_authz::{resource, tool};

#[tool(required_scopes = ["mail:read"], readonly, naem = "mail")]
fn read() {}

#[tool(public)]
fn ping() {}

#[tool(Authenticated, read_only_hint = true)]
fn whoami() {}

#[resource(url = "notes://today", mime = "text/plain", authenticated)]
fn today() -> String {
    String::new()
}

fn main() {}
