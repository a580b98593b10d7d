use mcp_authz::tool;

#[tool(scopes = ["profile email"])]
fn whoami() {}

fn main() {}
