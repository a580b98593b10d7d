//! Tools whose text is in the program already.

use json::json;
use mcp_authz::{AuthInfo, Denied, Scope, ServerBuilder, tool};

use crate::client::{assert_asked_for, everywhere};

/// Says the same to everybody.
#[tool(authenticated)]
fn motto() -> &'static str {
    "festina lente"
}

/// Says it to some.
#[tool(authenticated)]
async fn secret_motto(auth: AuthInfo) -> Result<&'static str, Denied> {
    auth.require(Scope::new("secret"))?;
    Ok("per aspera")
}

/// Fails, in words that rmcp does not know.
#[tool(authenticated)]
fn no_motto() -> Result<&'static str, std::fmt::Error> {
    Err(std::fmt::Error)
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server.tools([motto::tool(), secret_motto::tool(), no_motto::tool()])
}

#[tokio::test]
async fn a_tool_returns_text_that_it_does_not_own() {
    everywhere(server, async |client| {
        let (any, secret) = (client.token(""), client.token("secret"));
        let said = client.call(Some(&any), "motto", json!({})).await;
        assert_eq!(said.text(), "festina lente", "{said:?}");
        let refused = client.call(Some(&any), "secret_motto", json!({})).await;
        assert_asked_for(&refused, "secret");
        let said = client.call(Some(&secret), "secret_motto", json!({})).await;
        assert_eq!(said.text(), "per aspera", "{said:?}");
        let failed = client.call(Some(&any), "no_motto", json!({})).await;
        let result = &failed.message()["result"];
        assert_eq!(result["isError"], true, "{failed:?}");
    })
    .await;
}
