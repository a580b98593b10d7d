use mcp_authz::tool;

#[tool(authenticated = true)]
fn flag() {}

#[tool(
    anonymous,
    name = 1,
    title,
    description = concat!("a", "b"),
    read_only = "yes",
    destructive = 1,
    crate = "mcp_authz"
)]
fn others() {}

fn main() {}
