//! All arguments at once, with a trailing comma.
use mcp_authz::{AuthInfo, Scope, tool};

mod scopes {
    pub const READ: mcp_authz::Scope = mcp_authz::Scope::new("mail:read");
}

const SEND: Scope = Scope::new("mail:send");

struct Mail;

impl Mail {
    const DELETE: Scope = Scope::new("mail:delete");
}

#[tool(
    scopes = all("openid", any(SEND, all(scopes::READ, Mail::DELETE))),
    name = "mail.send",
    title = "Send a mail",
    description = "Sends a mail.",
    read_only = false,
    destructive,
    idempotent = false,
    open_world,
    crate = mcp_authz,
)]
async fn send(_: AuthInfo) -> String {
    String::new()
}

fn main() {
    assert_eq!(send::tool().name(), "mail.send");
    let access = format!("{:?}", send::tool().access());
    assert_eq!(
        access,
        "Scopes(openid (mail:send | mail:read mail:delete))"
    );
}
