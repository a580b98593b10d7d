use mcp_authz::resource;

struct Bucket;

#[resource(uri = "files://{bucket}/{number}", authenticated)]
fn file(bucket: Bucket, number: u32) -> String {
    let _ = (bucket, number);
    String::new()
}

fn main() {}
