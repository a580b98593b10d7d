use mcp_authz::resource;

#[resource(uri = "files://{bucket}/{+path}", scopes = ["files:{bukket}:read", "files:{path}"])]
fn misspelt(bucket: String, path: String) -> String {
    bucket + &path
}

#[resource(uri = "files://{bucket}", scopes = any("files:{bucket}:read", "files:{bucket:read"))]
fn half_open(bucket: String) -> String {
    bucket
}

#[resource(uri = "files://all", scopes = ["files:{bucket}:read"])]
fn fixed() -> String {
    String::new()
}

fn main() {}
