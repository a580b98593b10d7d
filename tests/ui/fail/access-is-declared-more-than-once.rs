use mcp_authz::tool;

#[tool(scopes = ["a"], authenticated)]
fn scopes_first() {}

#[tool(anonymous, authenticated, scopes = ["a"])]
fn all_three() {}

fn main() {}
