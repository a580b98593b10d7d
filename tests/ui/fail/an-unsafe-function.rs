use mcp_authz::tool;

#[tool(anonymous)]
unsafe fn whoami() {}

fn main() {}
