use mcp_authz::{Json, resource};

#[resource(uri = "x:a", authenticated)]
fn nothing() {}

#[resource(uri = "x:b", authenticated)]
async fn structured() -> Json<String> {
    Json(String::new())
}

fn main() {}
