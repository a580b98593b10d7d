use mcp_authz::tool;

#[tool(authenticated, colour = "red")]
fn unknown() {}

#[tool(scope = ["a"])]
fn misspelt() {}

fn main() {}
