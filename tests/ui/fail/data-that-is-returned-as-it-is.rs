use mcp_authz::rmcp::model::ContentBlock;
use mcp_authz::{schemars, serde, tool};

#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Mail {
    to: String,
}

#[tool(anonymous)]
fn list() -> Vec<String> {
    Vec::new()
}

#[tool(anonymous)]
async fn number() -> Result<u32, std::fmt::Error> {
    Ok(1)
}

#[tool(anonymous)]
fn data() -> Mail {
    Mail { to: String::new() }
}

#[tool(anonymous)]
fn blocks() -> Vec<ContentBlock> {
    Vec::new()
}

fn main() {}
