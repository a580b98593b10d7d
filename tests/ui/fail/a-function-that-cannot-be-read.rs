use mcp_authz::tool;

#[tool(authenticated)]
fn send(to) {}

fn main() {}
