use mcp_authz::{prompt, resource, tool};

struct Secret;

#[tool(authenticated)]
fn send() -> Result<String, Secret> {
    Err(Secret)
}

#[prompt(authenticated)]
async fn letter() -> Result<String, Secret> {
    Err(Secret)
}

#[resource(uri = "x://y", authenticated)]
fn read() -> Result<String, Secret> {
    Err(Secret)
}

fn main() {}
