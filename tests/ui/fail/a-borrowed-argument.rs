use mcp_authz::{AuthInfo, tool};

#[tool(anonymous)]
fn whoami(auth: &AuthInfo, name: &mut str) {
    let _ = (auth, name);
}

fn main() {}
