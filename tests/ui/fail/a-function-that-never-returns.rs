use mcp_authz::tool;

#[tool(anonymous)]
fn whoami() -> ! {
    panic!()
}

fn main() {}
