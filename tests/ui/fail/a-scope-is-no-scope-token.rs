use mcp_authz::tool;

#[tool(scopes = ["", "a\"b", "a\\b", "é", "a\n", " a"])]
fn whoami() {}

fn main() {}
