use mcp_authz::{Json, resource};

#[resource(uri = "x:a", authenticated)]
fn nothing() {}

#[resource(uri = "x:b", authenticated)]
async fn structured() -> Json<String> {
    Json(String::new())
}

#[resource(uri = "x:c", authenticated)]
fn failing() -> Result<Vec<u8>, std::io::Error> {
    Ok(Vec::new())
}

fn main() {}
