use mcp_authz::tool;

#[tool(scopes = ["a", "b", "a"])]
fn list() {}

#[tool(scopes = all("a", any("b", "c", "b", "c")))]
fn nested() {}

fn main() {}
