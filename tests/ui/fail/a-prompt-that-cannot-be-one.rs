use mcp_authz::{AuthInfo, Requirement, Scope, prompt};

fn more(_: &u32, _: &AuthInfo) -> Requirement {
    Scope::new("more").into()
}

#[prompt]
unsafe fn unsaid<T>(&self, _: &str) {}

#[prompt(scopes = ["mail:{folder}"], scopes_for = more, read_only, uri = "x:y", name = "a b")]
fn mistaken() -> String {
    String::new()
}

#[prompt(anonymous, conceal)]
struct NoFunction;

fn main() {}
