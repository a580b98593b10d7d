use mcp_authz::tool;

mod search {}

#[tool(authenticated)]
fn search() -> String {
    String::new()
}

fn main() {}
