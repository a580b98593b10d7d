use mcp_authz::tool;

#[tool(anonymous)]
struct Whoami;

#[tool(anonymous)]
mod whoami {
    pub fn f() {}
}

#[tool(anonymous)]
const WHOAMI: fn() = whoami::f;

#[tool(anonymous)]
impl Whoami {
    fn f() {}
}

fn main() {
    // They are still there.
    let _ = (Whoami, WHOAMI);
    Whoami::f();
}
