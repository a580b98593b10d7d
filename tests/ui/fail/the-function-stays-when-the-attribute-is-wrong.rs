use mcp_authz::tool;

#[tool(scopes = ["profile email"])]
fn whoami() -> String {
    "alice".to_owned()
}

fn main() {
    // Its callers are no second mistake.
    assert_eq!(whoami(), "alice");
}
