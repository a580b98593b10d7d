//! The server as the child of another program, in the process of the test.

use std::time::Duration;

use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{AuthInfo, Error, PolicyError, ScopeSet, Server, StdioCaller, tool};
use support::{Ran, Scratch};

use crate::notes::notes;
use crate::{Mail, count, mail, only, sly, started};

const HOUR: Duration = Duration::from_secs(3600);

fn me(scopes: &str) -> StdioCaller {
    let me = AuthInfo::builder("this machine").subject("me");
    StdioCaller::principal(me.scopes(ScopeSet::parse(scopes)).build())
}

#[tokio::test]
async fn a_person_with_a_token_calls_gets_and_reads() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let alice = server.as_user("alice");
    let reader = alice.clone().scopes(["mail:read", "mail:inbox:read"]);
    let reader = reader.over_stdio().await.unwrap();
    let counted = reader.call("count").await.unwrap();
    assert_eq!(counted.text(), "alice has 3 mails");
    let summary = reader.prompt("summary").await.unwrap();
    assert_eq!(summary.text(), "Sum them up.");
    let inbox = reader.read("mail://folders/inbox").await.unwrap();
    assert_eq!(inbox.text(), "what is in inbox");
    assert_eq!(reader.tools().await.unwrap(), ["count", "send"]);
    assert_eq!(ran.reset(), 3);

    let to = || Mail {
        to: "bob".to_owned(),
    };
    let refused = reader.call_with("send", to()).await;
    assert_challenge!(
        refused,
        200,
        "insufficient_scope",
        ["mail:read", "mail:send"]
    );
    // What is no tool has no result: the challenge is in the error.
    let trash = reader.read("mail://folders/trash").await;
    assert_challenge!(trash, 200, "insufficient_scope", ["mail:trash:read"]);
    let less = alice.over_stdio().await.unwrap();
    let refused = less.prompt("summary").await;
    assert_challenge!(refused, 200, "insufficient_scope", ["mail:read"]);
    let unknown = reader.call("none").await.unwrap_err();
    assert_eq!((unknown.status(), unknown.code()), (200, Some(-32602)));
    assert_eq!(ran.times(), 0);
}

#[tokio::test]
async fn a_token_ends_between_two_messages_and_an_outage_is_none() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let alice = server.as_user("alice").scopes(["mail:read"]);
    let long = alice.clone().lifetime(24 * HOUR);
    let (alice, long) = (alice.over_stdio().await, long.over_stdio().await);
    let (alice, long) = (alice.unwrap(), long.unwrap());
    assert!(alice.call("count").await.is_ok());
    server.issuer().fail(Endpoint::ALL, Fault::Error);
    server.clock().advance(2 * HOUR);
    assert_challenge!(alice.call("count").await, 200, "invalid_token");
    assert_challenge!(alice.tools().await.unwrap_err(), 200, "invalid_token");
    let refused = long.call("count").await.unwrap();
    assert!(refused.is_error(), "{refused}");
    assert_eq!(ran.times(), 1);
    server.issuer().recover();
    server.clock().advance(Duration::from_secs(120));
    assert!(!long.call("count").await.unwrap().is_error());
    assert_eq!(ran.times(), 2);
}

/// What would not start does not: nobody waits for it.
#[tokio::test]
async fn without_a_good_token_there_is_nothing_to_call() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let alice = server.as_user("alice").scopes(["mail:read"]);
    let missing = std::env::temp_dir().join("mcp-authz-no-such-token");
    for (what, started) in [
        ("over", alice.clone().claim("exp", 1).over_stdio().await),
        (
            "elsewhere",
            alice
                .clone()
                .audience("https://other.test")
                .over_stdio()
                .await,
        ),
        (
            "no file",
            server.over_stdio(StdioCaller::file(missing)).await,
        ),
        (
            "no variable",
            server.over_stdio(StdioCaller::env("NO_SUCH_TOKEN")).await,
        ),
    ] {
        let Err(Error::Io(error)) = started else {
            panic!("{what}: it started");
        };
        assert!(
            error.to_string().contains("gives no caller"),
            "{what}: {error}"
        );
        assert!(!error.to_string().contains("eyJ"), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_token_in_a_file_is_renewed_there() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let folder = Scratch::new("played").unwrap();
    let path = folder.file("token");
    let write = |scopes: &[&str]| {
        let token = server.as_user("alice").scopes(scopes).token();
        std::fs::write(&path, token).unwrap();
    };
    write(&[]);
    let alice = server.over_stdio(StdioCaller::file(&path)).await.unwrap();
    let refused = alice.call("count").await;
    assert_challenge!(refused, 200, "insufficient_scope", ["mail:read"]);
    assert_eq!(ran.times(), 0);
    write(&["mail:read"]);
    assert!(alice.call("count").await.is_ok());
    std::fs::remove_file(&path).unwrap();
    assert!(alice.call("count").await.is_err());
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn a_principal_is_sent_to_an_issuer_only_where_there_is_one() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let me_here = server.over_stdio(me("mail:read")).await.unwrap();
    let counted = me_here.call("count").await.unwrap();
    assert_eq!(counted.text(), "me has 3 mails");
    let refused = me_here.call("send").await.unwrap();
    assert!(refused.is_error() && refused.text().contains("mail:send"));
    assert_eq!(refused.result().get("_meta"), None, "{refused}");
    let refused = me_here.read("mail://folders/trash").await.unwrap_err();
    assert!(refused.message().contains("mail:trash:read"), "{refused}");
    assert_eq!(refused.challenge(), None);
    // A token's caller has the issuer that the test plays.
    let alice = server.as_user("alice").over_stdio().await.unwrap();
    assert_challenge!(alice.call("count").await, 200, "insufficient_scope");

    let builder = mail(&ran).issuer("https://tenant.logto.app/oidc");
    let server = TestServer::start(builder).await.unwrap();
    let me_there = server.over_stdio(me("")).await.unwrap();
    let refused = me_there.call("count").await;
    assert_challenge!(refused, 200, "insufficient_scope", ["mail:read"]);
    assert_eq!(ran.times(), 1);
}

async fn never(_: &AuthInfo) -> Result<(), PolicyError> {
    Err(PolicyError::denied("Not today."))
}

/// Scopes alone do not do.
#[tool(authenticated, policy = never)]
fn closed(ran: mcp_authz::State<Ran>) {
    ran.note();
}

#[tokio::test]
async fn what_a_policy_or_a_running_function_refuses_is_told_too() {
    let ran = Ran::default();
    let server = only(closed::tool()).tool(sly::tool()).state(ran.clone());
    let server = TestServer::start(server).await.unwrap();
    let alice = server.as_user("alice").scopes(["mail:read"]);
    let alice = alice.over_stdio().await.unwrap();
    let closed = alice.call("closed").await.unwrap();
    assert!(closed.is_error() && closed.text() == "Not today.");
    assert_eq!(ran.times(), 0);
    let sly = alice.call("sly").await;
    assert_challenge!(sly, 200, "insufficient_scope", ["mail:secret"]);
    assert_eq!(ran.times(), 1);
}

/// Over HTTP nothing changes, and whatever else runs does not get into its way.
#[tokio::test]
async fn both_ways_lead_to_one_server_at_once() {
    let ran = Ran::default();
    let server = TestServer::start(only(count::tool()).state(ran.clone())).await;
    let server = server.unwrap();
    let alice = server.as_user("alice").scopes(["mail:read"]);
    let bob = server.as_user("bob").scopes(["mail:read"]);
    let child = alice.over_stdio().await.unwrap();
    let calls = [
        child.call("count"),
        child.call("count"),
        child.call("count"),
    ];
    let [a, b, c] = calls;
    let (a, b, c, over_http) = tokio::join!(a, b, c, bob.call("count"));
    for answer in [a, b, c] {
        assert_eq!(answer.unwrap().text(), "alice has 3 mails");
    }
    assert_eq!(over_http.unwrap().text(), "bob has 3 mails");
    let refused = server.as_user("bob").call("count").await;
    assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
    // What was sent and not waited for is not the answer to the next.
    drop(tokio::time::timeout(Duration::ZERO, child.call("count")).await);
    let tools = child.tools().await.unwrap();
    assert_eq!(tools, ["count"]);
    assert!((4..=5).contains(&ran.times()));
}

#[tokio::test]
async fn a_handler_with_rules_is_started_alike() {
    let ran = Ran::default();
    let server = TestServer::start(notes(&ran)).await.unwrap();
    let less = server.over_stdio(me("")).await.unwrap();
    assert!(less.call("add").await.unwrap().is_error());
    assert_eq!(ran.times(), 0);
    let more = server.over_stdio(me("notes")).await.unwrap();
    assert_eq!(more.call("add").await.unwrap().text(), "added");
}

/// The list says what each tool asks for in the form that clients of this kind read.
#[tokio::test]
async fn lists_are_those_of_the_transport() {
    let server = Server::builder("x").tools([count::tool()]).prompts([]);
    let server = server.mcp_resources([]).state(Ran::default());
    let server = TestServer::start(server).await.unwrap();
    let alice = server.as_user("alice");
    let child = alice.over_stdio().await.unwrap();
    let schemes = |reply: &mcp_authz::testing::Reply| {
        let tool = &reply.result()["tools"][0];
        tool["_meta"]["securitySchemes"].clone()
    };
    let asked = json::json!([{ "type": "oauth2", "scopes": ["mail:read"] }]);
    let listed = child.ask("tools/list", json::json!({})).await.unwrap();
    assert_eq!(schemes(&listed), asked);
    let listed = alice.ask("tools/list", json::json!({})).await.unwrap();
    assert_eq!(schemes(&listed), json::Value::Null);
}
