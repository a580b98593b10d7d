use mcp_authz::tool;

#[tool(authenticated)]
fn whoami(#[cfg(windows)] _auth: mcp_authz::AuthInfo) {}

fn main() {}
