use mcp_authz::tool;

#[tool(scopes = [])]
fn list() {}

#[tool(scopes = all())]
fn all() {}

#[tool(scopes = all("a", any()))]
fn any() {}

fn main() {}
