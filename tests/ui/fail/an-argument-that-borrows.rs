use mcp_authz::tool;

#[tool(anonymous)]
fn own(#[arg] name: &'static str, #[arg] copies: Option<Vec<&str>>, #[arg] pair: (u8, &[u8])) {
    let _ = (name, copies, pair);
}

fn main() {}
