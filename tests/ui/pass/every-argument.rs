//! All arguments at once, with a trailing comma.
use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Parameters, PolicyError, Requirement, Scope, tool};

mod scopes {
    pub const READ: mcp_authz::Scope = mcp_authz::Scope::new("mail:read");
}

mod policies {
    use super::{AuthInfo, JsonObject, PolicyError};

    pub async fn allow<T>(_: &AuthInfo, _: &JsonObject) -> Result<(), PolicyError> {
        Ok(())
    }
}

const SEND: Scope = Scope::new("mail:send");

struct Mail;

impl Mail {
    const DELETE: Scope = Scope::new("mail:delete");

    fn scopes_for(_: &JsonObject, _: &AuthInfo) -> Requirement {
        SEND.into()
    }
}

#[tool(
    scopes = all("openid", any(SEND, all(scopes::READ, Mail::DELETE))),
    scopes_for = Mail::scopes_for,
    policy = policies::allow::<u8>,
    max_age = 300,
    acr_values = ["phr", "phrh"],
    conceal,
    name = "mail.send",
    title = "Send a mail",
    description = "Sends a mail.",
    read_only = false,
    destructive,
    idempotent = false,
    open_world,
    toolset = "mail",
    crate = mcp_authz,
)]
async fn send(_: AuthInfo, _: Parameters<JsonObject>) -> String {
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
