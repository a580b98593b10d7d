use mcp_authz::tool;

#[tool(scopes = ["a"], scopes = ["b"])]
fn scopes() {}

#[tool(anonymous, name = "a", read_only, name = "b", read_only = false)]
fn others() {}

fn main() {}
