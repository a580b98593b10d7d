use mcp_authz::tool;

#[tool(scopes = [MAIL, "a"])]
fn whoami() {}

fn main() {}
