use mcp_authz::{Json, schemars, serde, tool};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Mail {
    to: String,
}

#[tool(anonymous)]
fn send(Json(mail): Json<Mail>) -> String {
    mail.to
}

fn main() {}
