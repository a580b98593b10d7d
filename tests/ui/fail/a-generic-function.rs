use mcp_authz::tool;

#[tool(anonymous)]
fn typed<T: Default>() {}

#[tool(anonymous)]
fn lifetime<'a>() {}

#[tool(anonymous)]
async fn constant<const N: usize>() {}

fn main() {}
