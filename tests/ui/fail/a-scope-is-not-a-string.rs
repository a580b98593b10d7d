use mcp_authz::tool;

#[tool(scopes = 5)]
fn number() {}

#[tool(scopes)]
fn nothing() {}

#[tool(scopes("a"))]
fn called() {}

#[tool(scopes = [b"a", all("a", 'b'), "c".into()])]
fn others() {}

#[tool(scopes = any(["a", "b"], "c"))]
fn list_in_a_call() {}

#[tool(scopes = one("a", "b"))]
fn other_call() {}

fn main() {}
