use mcp_authz::{AuthInfo, tool};

struct Mail;

#[tool(scopes = ["mail:send"])]
async fn send(auth: AuthInfo, mail: Mail, urgent: bool) -> String {
    let _ = (auth, mail, urgent);
    String::new()
}

fn main() {}
