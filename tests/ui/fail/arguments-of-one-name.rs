use mcp_authz::tool;

#[tool(authenticated)]
fn send(
    #[arg] to: String,
    #[arg] _to: String,
    /// A copy.
    #[serde(rename = "to")]
    copy: String,
    #[arg] r#type: String,
    #[arg] _type: String,
) {
    let _ = (to, copy, r#type);
}

fn main() {}
