use mcp_authz::{AuthInfo, tool};

struct Mail;

// The macro sees the function alone, so that the compiler has the word.
impl Mail {
    #[tool(authenticated)]
    async fn send(auth: AuthInfo) -> String {
        auth.subject().unwrap_or_default().to_owned()
    }
}

fn main() {}
