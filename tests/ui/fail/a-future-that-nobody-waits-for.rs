use std::pin::Pin;

use mcp_authz::tool;

#[tool(anonymous)]
fn later() -> impl Future<Output = String> {
    async { String::new() }
}

#[tool(anonymous)]
fn boxed() -> Pin<Box<dyn Future<Output = String> + Send>> {
    Box::pin(later())
}

fn main() {}
