use mcp_authz::tool;

const MAIL: &str = "mail";

#[tool(scopes = ["a", MAIL])]
fn whoami() {}

fn main() {}
