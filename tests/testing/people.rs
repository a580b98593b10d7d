//! Who calls, and what comes back.

use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{Claims, Json, Server, tool};
use support::Ran;

use crate::{Mail, mail, started};

#[tokio::test]
async fn a_person_calls_reads_and_lists_through_the_whole_server() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let alice = server.as_user("alice");
    let reader = alice.clone().scopes(["mail:read", "mail:inbox:read"]);
    assert_eq!(
        reader.call("count").await.unwrap().text(),
        "alice has 3 mails"
    );
    assert_eq!(
        reader.prompt("summary").await.unwrap().text(),
        "Sum them up."
    );
    let inbox = reader.read("mail://folders/inbox").await.unwrap();
    assert_eq!(inbox.text(), "what is in inbox");
    assert_eq!(ran.reset(), 3);
    assert_eq!(reader.tools().await.unwrap(), ["count", "send"]);
    assert_eq!(reader.prompts().await.unwrap(), ["summary"]);
    assert_eq!(
        reader.resources().await.unwrap(),
        ["mail://folders/{folder}"]
    );
    let refused = alice.call("count").await;
    assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
    let other = reader.read("mail://folders/trash").await;
    assert_challenge!(other, 403, "insufficient_scope", ["mail:trash:read"]);
    assert_eq!(ran.times(), 0);
}

#[tokio::test]
async fn arguments_are_what_serializes_and_results_what_deserializes() {
    #[tool(authenticated)]
    fn claims(auth: mcp_authz::AuthInfo) -> Json<Claims> {
        Json(auth.consented_claims())
    }
    let builder = Server::builder("x").tools([claims::tool(), crate::send::tool()]);
    let server = TestServer::start(builder.state(Ran::default()))
        .await
        .unwrap();
    let bob = server
        .as_user("bob")
        .scopes(["email", "mail:read", "mail:send"]);
    let reply = bob.call("claims").await.unwrap();
    assert_eq!(reply.structured()["email"], "bob@example.com");
    let typed: std::collections::BTreeMap<String, json::Value> = reply.json();
    assert_eq!(typed["email_verified"], true);
    let to = Mail {
        to: "alice".to_owned(),
    };
    assert_eq!(
        bob.call_with("send", to).await.unwrap().text(),
        "sent to alice"
    );
    // Arguments that are none are an error of the protocol, and no refusal of the person.
    let error = bob.call("send").await.unwrap_err();
    assert_eq!(
        (error.status(), error.code(), error.challenge()),
        (200, Some(-32602), None)
    );
    let unknown = bob.call("delete").await.unwrap_err();
    assert_eq!(unknown.message(), "tool not found");
}

#[tokio::test]
async fn nobody_and_whoever_holds_something_else_are_refused() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let everything = ["mail:read", "mail:send", "mail:a:read"];
    let nobody = server.anonymous().call("count").await;
    assert_challenge!(nobody, 401, None, ["mail:read", "mail:send"]);
    let reader = server.as_user("alice").scopes(everything);
    for wrong in [
        server.with_token("not-a-token"),
        server.with_token(format!("{}x", reader.token())),
        reader
            .clone()
            .audience("https://other.test/mcp")
            .keep_token(),
        reader
            .clone()
            .claim("iss", "https://evil.test")
            .keep_token(),
        reader.clone().claim("exp", 1).keep_token(),
        reader
            .clone()
            .claim("sub", json::json!(["alice"]))
            .keep_token(),
        // One that another test server has minted: keys are not shared.
        server.with_token(
            started(&ran)
                .await
                .as_user("alice")
                .scopes(everything)
                .token(),
        ),
    ] {
        assert_challenge!(wrong.call("count").await, 401, "invalid_token");
        assert!(wrong.tools().await.is_err(), "{wrong:?}");
    }
    assert_eq!(ran.times(), 0);
}

#[tokio::test]
async fn a_token_is_not_printed() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let caller = server.as_user("alice").keep_token();
    assert_eq!(format!("{caller:?}").matches("eyJ").count(), 0);
    let refused = caller.call("count").await.unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("eyJ"));
}

#[tokio::test]
async fn event_streams_and_refusals_inside_results_are_read_as_well() {
    use mcp_authz::ChallengeForm;
    let ran = Ran::default();
    let builder = mail(&ran)
        .json_replies(false)
        .challenge_form(ChallengeForm::ToolResult);
    let server = TestServer::start(builder).await.unwrap();
    let alice = server.as_user("alice");
    let refused = alice.call("count").await;
    assert_challenge!(refused, 200, "insufficient_scope", ["mail:read"]);
    assert_eq!(ran.times(), 0);
    let reader = alice.scopes(["mail:read"]);
    assert_eq!(
        reader.call("count").await.unwrap().text(),
        "alice has 3 mails"
    );
}
