//! Scopes that depend on the arguments: decided on the typed value, once, before anything runs.

use std::sync::atomic::{AtomicUsize, Ordering};

use json::{Value, json};
use mcp_authz::schemars::JsonSchema;
use mcp_authz::serde::{Deserialize, Deserializer};
use mcp_authz::{
    AuthInfo, ChallengeScopes, Hierarchy, Parameters, Requirement, Scope, ServerBuilder,
    SessionLimits, State, Visibility, tool,
};
use support::{Lab, Ran, Reply, legacy_body};

use crate::client::{Client, assert_asked_for, bare, everywhere};

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
pub(crate) struct Payment {
    pub(crate) amount: u32,
}

/// Much money takes more than little; none at all is a mistake of the author's.
fn by_amount(payment: &Payment, _: &AuthInfo) -> Requirement {
    match payment.amount {
        0 => panic!("nothing to pay"),
        1..=100 => Scope::new("pay").into(),
        _ => Requirement::any([Scope::new("pay:any").into(), Scope::new("pay:all").into()]),
    }
}

/// Pay somebody.
#[tool(scopes = ["pay"], scopes_for = by_amount)]
async fn pay(Parameters(payment): Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    format!("paid {}", payment.amount)
}

/// Pay somebody, for whoever is signed in.
#[tool(authenticated, scopes_for = by_amount)]
fn tip(auth: AuthInfo, ran: State<Ran>, payment: Parameters<Payment>) -> String {
    ran.note();
    format!(
        "{} tipped {}",
        auth.subject().unwrap_or("?"),
        payment.0.amount
    )
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server.tools([pay::tool(), tip::tool()])
}

#[tokio::test]
async fn what_the_arguments_ask_for_is_in_one_challenge_with_the_rest() {
    everywhere(server, async |client| {
        let narrow = client.token("pay");
        let reply = client
            .call(Some(&narrow), "pay", json!({ "amount": 101 }))
            .await;
        assert_asked_for(&reply, "pay pay:any");
        let reply = client
            .call(Some(&client.token("")), "tip", json!({ "amount": 101 }))
            .await;
        assert_asked_for(&reply, "pay:any");
        assert_eq!(client.ran(), 0);
        let reply = client
            .call(Some(&narrow), "pay", json!({ "amount": 100 }))
            .await;
        assert_eq!(reply.text(), "paid 100", "{reply:?}");
        let wide = client.token("pay pay:all");
        let reply = client
            .call(Some(&wide), "pay", json!({ "amount": 101 }))
            .await;
        assert_eq!(reply.text(), "paid 101", "{reply:?}");
        let reply = client
            .call(Some(&wide), "tip", json!({ "amount": 2 }))
            .await;
        assert_eq!(reply.text(), "alice tipped 2", "{reply:?}");
        assert_eq!(client.ran(), 3);
    })
    .await;
}

#[tokio::test]
async fn whoever_lacks_the_rest_learns_nothing_of_the_arguments() {
    let bad = [
        json!({}),
        json!({ "amount": "much" }),
        json!({ "amount": -1 }),
        json!({ "amount": 0 }),
    ];
    everywhere(server, async |client| {
        for arguments in &bad {
            let stranger = client.token("mail:send");
            let reply = client.call(Some(&stranger), "pay", arguments.clone()).await;
            assert_asked_for(&reply, "pay");
            assert_eq!(
                client.call(None, "pay", arguments.clone()).await.status,
                401
            );
        }
        assert_eq!(client.ran(), 0);
    })
    .await;
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_the_protocols_own_error() {
    everywhere(server, async |client| {
        for arguments in [
            json!({}),
            json!({ "amount": "much" }),
            json!({ "amount": -1 }),
        ] {
            let reply = client
                .call(Some(&client.token("pay")), "pay", arguments)
                .await;
            assert_eq!(
                (reply.status.as_u16(), reply.error_code()),
                (200, -32602),
                "{reply:?}"
            );
            assert!(
                reply.body.contains("failed to deserialize parameters"),
                "{reply:?}"
            );
            assert_eq!(reply.challenge(), "");
        }
        assert_eq!(client.ran(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_requirement_that_panics_lets_nobody_through() {
    everywhere(server, async |client| {
        let all = client.token("pay pay:any pay:all");
        let reply = client.call(Some(&all), "pay", json!({ "amount": 0 })).await;
        assert_eq!(reply.status, 500, "{reply:?}");
        assert_eq!((reply.challenge(), client.ran()), ("", 0));
        let reply = client.call(Some(&all), "pay", json!({ "amount": 1 })).await;
        assert_eq!(reply.text(), "paid 1", "only that request");
    })
    .await;
}

#[tokio::test]
async fn the_terms_of_the_server_hold_for_them_too() {
    let strict = |builder: ServerBuilder| {
        server(builder)
            .hierarchy(Hierarchy::new().includes("treasurer", ["pay", "pay:any"]))
            .challenge_scopes(ChallengeScopes::RequiredAndGranted)
    };
    everywhere(strict, async |client| {
        let much = json!({ "amount": 101 });
        let narrow = client.token("pay profile");
        let reply = client.call(Some(&narrow), "pay", much.clone()).await;
        assert_asked_for(&reply, "pay pay:any profile");
        let wide = client.token("treasurer");
        assert_eq!(
            client.call(Some(&wide), "pay", much).await.text(),
            "paid 101"
        );
    })
    .await;
}

#[tokio::test]
async fn such_a_tool_is_listed_when_some_arguments_could_pass() {
    let granted = |builder: ServerBuilder| server(builder).visibility(Visibility::Granted);
    everywhere(granted, async |client| {
        let shown = async |scopes| {
            client
                .shown(Some(&client.token(scopes)), "tools", "name")
                .await
        };
        assert_eq!(shown("").await, ["tip"]);
        assert_eq!(shown("pay").await, ["pay", "tip"]);
    })
    .await;
    everywhere(server, async |client: &Client<'_>| {
        let page = client
            .list(Some(&client.token("")), "tools")
            .await
            .message();
        let required = &page["result"]["tools"][0]["_meta"]["rs.mcp-authz/required-scopes"];
        assert_eq!(required, &json!(["pay"]), "{page}");
        let schema = &page["result"]["tools"][0]["inputSchema"]["properties"]["amount"];
        assert_eq!(schema["type"], "integer", "{page}");
    })
    .await;
}

static READ: AtomicUsize = AtomicUsize::new(0);

/// Notes that it was read.
#[derive(JsonSchema)]
#[schemars(crate = "mcp_authz::schemars", transparent)]
struct Counted(#[allow(dead_code, reason = "a schema needs it")] String);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        READ.fetch_add(1, Ordering::SeqCst);
        String::deserialize(from).map(Self)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Counting {
    name: Counted,
}

fn by_name(counting: &Counting, _: &AuthInfo) -> Requirement {
    match counting.name.0.as_str() {
        "secret" => Scope::new("secret").into(),
        _ => Scope::new("read").into(),
    }
}

async fn named(_: &AuthInfo, counting: &Counting) -> Result<(), mcp_authz::PolicyError> {
    assert!(!counting.name.0.is_empty());
    Ok(())
}

#[tool(scopes = ["read"], scopes_for = by_name, policy = named)]
fn counted(counting: Parameters<Counting>, ran: State<Ran>) -> String {
    ran.note();
    counting.0.name.0
}

#[tokio::test]
async fn the_arguments_are_read_once_and_not_at_all_for_a_stranger() {
    let server = |server: ServerBuilder| server.tools([counted::tool()]);
    everywhere(server, async |client| {
        let before = READ.load(Ordering::SeqCst);
        let read = || READ.load(Ordering::SeqCst) - before;
        let arguments = |name: &str| -> Value { json!({ "name": name }) };
        let stranger = client.token("");
        assert_asked_for(
            &client
                .call(Some(&stranger), "counted", arguments("x"))
                .await,
            "read",
        );
        assert_eq!(read(), 0);
        let reply = client
            .call(Some(&client.token("read")), "counted", arguments("x"))
            .await;
        assert_eq!((reply.text().as_str(), read()), ("x", 1), "{reply:?}");
    })
    .await;
}

/// A session answers by a stream that begins before the call is decided.
#[tokio::test]
async fn in_a_session_the_answer_waits_for_the_arguments_too() {
    let with_sessions =
        |builder: ServerBuilder| server(bare(builder)).sessions(SessionLimits::new());
    let lab = Lab::start(with_sessions).await;
    let token = lab.token("pay");
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let opened = lab
        .post(Some(&token))
        .body(legacy_body("initialize", params));
    let opened = Reply::of(opened).await;
    let session = opened.header("mcp-session-id");
    let pay = async |amount: u32| {
        let params = json!({ "name": "pay", "arguments": { "amount": amount } });
        let request = lab.post(Some(&token)).header("mcp-session-id", session);
        let request = request.header("mcp-protocol-version", "2025-11-25");
        Reply::of(request.body(legacy_body("tools/call", params))).await
    };
    assert_asked_for(&pay(101).await, "pay pay:any");
    assert_eq!(lab.ran.times(), 0);
    let reply = pay(100).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    assert_eq!(reply.text(), "paid 100", "{reply:?}");
}
