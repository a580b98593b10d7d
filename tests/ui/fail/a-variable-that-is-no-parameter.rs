use mcp_authz::{AuthInfo, resource};

#[resource(uri = "files://{bucket}/{+path}", authenticated)]
fn file(_: AuthInfo, bucket: String) -> String {
    bucket
}

struct Bucket(String);

#[resource(uri = "files://{bucket}", authenticated)]
fn pattern(Bucket(bucket): Bucket) -> String {
    bucket
}

fn main() {}
