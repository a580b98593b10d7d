use mcp_authz::tool;

const SECONDS: u8 = 5;

#[tool(authenticated, title = SECONDS)]
fn number() {}

#[tool(authenticated, description = format!("Waits for {SECONDS} s."))]
fn made() {}

fn main() {}
