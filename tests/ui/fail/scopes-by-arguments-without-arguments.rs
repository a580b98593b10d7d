use mcp_authz::{AuthInfo, Requirement, Scope, tool};

fn more(_: &u32, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

#[tool(authenticated, scopes_for = more)]
fn read(_: AuthInfo) {}

fn main() {}
