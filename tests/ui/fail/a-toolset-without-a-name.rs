use mcp_authz::tool;

#[tool(authenticated, toolset = "")]
fn read() {}

#[tool(authenticated, toolset)]
fn write() {}

fn main() {}
