use mcp_authz::{Json, prompt};

#[prompt(authenticated)]
fn number() -> u32 {
    1
}

#[prompt(authenticated)]
async fn structured() -> Json<String> {
    Json(String::new())
}

fn main() {}
