//! The tools of `examples/whoami.rs`, tested as a reader would who copied it. (`tests/examples.rs` runs the
//! whole of it, with an agent.)

#![allow(missing_docs)]

#[allow(dead_code, reason = "its `main` is for people")]
#[path = "../examples/whoami.rs"]
mod whoami;

use json::json;
use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix};
use mcp_authz::{Error, Server, ServerBuilder};

fn server() -> ServerBuilder {
    // Its tools are found by themselves.
    Server::builder("whoami").initial_scopes(["profile", "email"])
}

#[tokio::test]
async fn an_agent_learns_what_the_person_shares() -> Result<(), Error> {
    let server = TestServer::start(server()).await?;
    assert_challenge!(
        server.anonymous().call("whoami").await,
        401,
        None,
        ["profile", "email"]
    );
    let alice = server.as_user("alice");
    let refused = alice.call("whoami").await;
    assert_challenge!(refused, 403, "insufficient_scope", ["profile", "email"]);
    let claims = alice
        .scopes(["profile", "email"])
        .call("whoami")
        .await
        .unwrap();
    assert_eq!(claims.structured()["email"], "alice@example.com");
    assert_eq!(
        claims.structured()["phone_number"],
        json!(null),
        "nobody consented to that"
    );
    Ok(())
}

#[tokio::test]
async fn mail_is_sent_in_the_person_s_name() -> Result<(), Error> {
    let server = TestServer::start(server()).await?;
    let mail = json!({ "to": "bob@example.com", "text": "Hello" });
    let alice = server.as_user("alice").scopes(["mail:send"]);
    let sent = alice.call_with("send_mail", mail).await.unwrap();
    assert_eq!(
        sent.text(),
        "sent 5 characters from alice to bob@example.com"
    );
    Ok(())
}

#[tokio::test]
async fn the_list_shows_what_may_be_called() {
    assert_matrix!(server());
}
