use mcp_authz::tool;

#[tool(
    scopes = ["a b", "c", "c", any()],
    anonymous,
    nam = "x",
    colour = "red",
    title = 1,
    read_only = 2,
    read_only
)]
unsafe fn whoami<T>(_one: impl Copy, _other: &str) {}

fn main() {}
