use mcp_authz::tool;

#[tool(anonymous)]
fn whoami(one: impl Copy, other: Option<impl Clone>) {
    let _ = (one, other);
}

fn main() {}
