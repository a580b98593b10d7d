use mcp_authz::{AuthInfo, resource};

#[resource(uri = "files://{bucket}", authenticated)]
fn file(_: AuthInfo, bucket: String, name: String) -> String {
    bucket + &name
}

fn main() {}
