use mcp_authz::tool;

#[tool]
fn whoami() {}

#[tool(name = "who", read_only)]
fn who() {}

fn main() {}
