use mcp_authz::{Json, tool};

struct Mail;

#[tool(anonymous)]
fn mail() -> Mail {
    Mail
}

#[tool(anonymous)]
async fn number() -> Result<u8, String> {
    Ok(1)
}

#[tool(anonymous)]
fn json() -> Json<Mail> {
    Json(Mail)
}

fn main() {}
