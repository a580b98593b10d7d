use mcp_authz::tool;

#[tool(authenticated, destructive, read_only)]
fn delete() {}

fn main() {}
