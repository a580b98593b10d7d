use mcp_authz::tool;

#[tool(scopes = ["files:{bucket}:read", "files"])]
fn read() {}

#[tool(scopes = any("files", "files:}"))]
fn write() {}

fn main() {}
