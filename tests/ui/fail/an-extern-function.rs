use mcp_authz::tool;

#[tool(anonymous)]
extern "C" fn whoami() {}

fn main() {}
