use mcp_authz::tool;

#[tool("profile", authenticated)]
fn a_string() {}

#[tool(authenticated read_only)]
fn no_comma() {}

#[tool(authenticated, name = )]
fn no_value() {}

#[tool(authenticated, name = "a" "b")]
fn two_values() {}

fn main() {}
