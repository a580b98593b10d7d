//! Policies: of the caller, or of the caller and the typed arguments.

use std::sync::atomic::{AtomicUsize, Ordering};

use json::json;
use mcp_authz::{
    AuthInfo, Parameters, PolicyError, Requirement, Scope, ServerBuilder, State, Visibility, tool,
};
use support::{Ran, Reply};

use crate::arguments::Payment;
use crate::client::{Client, assert_asked_for, everywhere};

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Everybody but Bob; who cannot be found out, and who breaks it.
async fn not_bob(auth: &AuthInfo) -> Result<(), PolicyError> {
    ASKED.fetch_add(1, Ordering::SeqCst);
    tokio::task::yield_now().await;
    match auth.subject() {
        Some("bob") => Err(PolicyError::denied("Not you, Bob.")),
        Some("carol") => Err(PolicyError::unavailable()),
        Some("mallory") => panic!("who is that?"),
        _ => Ok(()),
    }
}

/// The same, of what is paid.
async fn within_means(auth: &AuthInfo, payment: &Payment) -> Result<(), PolicyError> {
    tokio::task::yield_now().await;
    match (auth.subject(), payment.amount) {
        (Some("alice"), ..=1000) => Ok(()),
        (_, 13) => Err(PolicyError::unavailable()),
        (_, 14) => panic!("an unlucky number"),
        (Some("bob"), ..=10) => Ok(()),
        _ => Err(PolicyError::denied("That is more than you have.")),
    }
}

fn even(_: &AuthInfo, payment: &Payment) -> Result<(), PolicyError> {
    match payment.amount % 2 {
        0 => Ok(()),
        _ => Err(PolicyError::denied("Even numbers only.")),
    }
}

fn alice(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.subject() {
        Some("alice") => Ok(()),
        _ => Err(PolicyError::denied("Only Alice.")),
    }
}

#[tool(scopes = ["club"], policy = not_bob)]
fn club(ran: State<Ran>) -> String {
    ran.note();
    "welcome".into()
}

/// Has arguments that its policy does not look at.
#[tool(scopes = ["club"], policy = not_bob)]
async fn order(_: Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    "welcome".into()
}

#[tool(authenticated, policy = alice)]
fn diary(ran: State<Ran>) -> String {
    ran.note();
    "dear diary".into()
}

#[tool(scopes = ["pay"], policy = within_means)]
async fn pay(payment: Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    format!("paid {}", payment.0.amount)
}

#[tool(authenticated, policy = even)]
fn pair(ran: State<Ran>, _: Parameters<Payment>) -> String {
    ran.note();
    "paired".into()
}

fn always(_: &Payment, _: &AuthInfo) -> Requirement {
    Scope::new("donate").into()
}

/// Asks for scopes by arguments, and has a policy of the caller.
#[tool(scopes = ["club"], scopes_for = always, policy = not_bob)]
fn donate(ran: State<Ran>, _: Parameters<Payment>) -> String {
    ran.note();
    "thank you".into()
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server.tools([
        club::tool(),
        order::tool(),
        diary::tool(),
        pay::tool(),
        pair::tool(),
        donate::tool(),
    ])
}

fn of(client: &Client<'_>, person: &str, scopes: &str) -> String {
    client.lab.token_of(person, "smartmail", scopes)
}

/// A refusal that no consent could cure.
fn assert_forbidden(reply: &Reply, words: &str) {
    assert_eq!(
        (reply.status.as_u16(), reply.challenge()),
        (403, ""),
        "{reply:?}"
    );
    let body: json::Value = json::from_str(&reply.body).unwrap();
    let expected = json!({ "error": "access_denied", "error_description": words });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_policy_of_the_caller_has_three_outcomes_and_survives_a_panic() {
    everywhere(server, async |client| {
        let payment = json!({ "amount": 1 });
        for tool in ["club", "order"] {
            let call = async |person| {
                let token = of(client, person, "club");
                client.call(Some(&token), tool, payment.clone()).await
            };
            assert_forbidden(&call("bob").await, "Not you, Bob.");
            let reply = call("carol").await;
            assert_eq!(
                (reply.status.as_u16(), reply.challenge()),
                (503, ""),
                "{reply:?}"
            );
            assert_eq!(reply.header("retry-after"), "5");
            let reply = call("mallory").await;
            assert_eq!(
                (reply.status.as_u16(), reply.challenge()),
                (500, ""),
                "{reply:?}"
            );
        }
        let call = async |person| {
            client
                .call(Some(&of(client, person, "")), "diary", json!({}))
                .await
        };
        assert_forbidden(&call("bob").await, "Only Alice.");
        assert_eq!(client.ran(), 0);
        assert_eq!(call("alice").await.text(), "dear diary");
        for tool in ["club", "order"] {
            let before = ASKED.load(Ordering::SeqCst);
            let alice = of(client, "alice", "club");
            let reply = client.call(Some(&alice), tool, payment.clone()).await;
            assert_eq!(reply.text(), "welcome", "{reply:?}");
            assert!(ASKED.load(Ordering::SeqCst) > before);
        }
        assert_eq!(client.ran(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_policy_of_the_arguments_has_three_outcomes_and_survives_a_panic() {
    everywhere(server, async |client| {
        let pay = async |person, amount: u32| {
            let token = of(client, person, "pay");
            client
                .call(Some(&token), "pay", json!({ "amount": amount }))
                .await
        };
        assert_forbidden(&pay("bob", 11).await, "That is more than you have.");
        let reply = pay("bob", 13).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("retry-after")),
            (503, "5"),
            "{reply:?}"
        );
        let reply = pay("bob", 14).await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (500, ""),
            "{reply:?}"
        );
        let token = of(client, "bob", "");
        let pair = async |amount| {
            client
                .call(Some(&token), "pair", json!({ "amount": amount }))
                .await
        };
        assert_forbidden(&pair(3).await, "Even numbers only.");
        assert_eq!(client.ran(), 0);
        assert_eq!(pay("bob", 10).await.text(), "paid 10");
        assert_eq!(pay("alice", 11).await.text(), "paid 11");
        assert_eq!(pair(4).await.text(), "paired");
    })
    .await;
}

#[tokio::test]
async fn scopes_come_first() {
    everywhere(server, async |client| {
        // Of her, every policy panics.
        let call = async |scopes, tool, amount: u32| {
            let mallory = of(client, "mallory", scopes);
            let arguments = json!({ "amount": amount });
            client.call(Some(&mallory), tool, arguments).await
        };
        assert_asked_for(&call("", "club", 1).await, "club");
        assert_asked_for(&call("", "pay", 14).await, "pay");
        assert_asked_for(&call("", "donate", 14).await, "club");
        assert_asked_for(&call("club", "donate", 14).await, "club donate");
        assert_eq!(call("club donate", "donate", 14).await.status, 500);
        assert_eq!(client.ran(), 0);
        let alice = of(client, "alice", "club donate");
        let reply = client.call(Some(&alice), "donate", json!({ "amount": 14 }));
        assert_eq!(reply.await.text(), "thank you");
    })
    .await;
}

#[tokio::test]
async fn lists_know_a_policy_of_the_caller_and_not_what_arguments_will_be() {
    let granted = |builder: ServerBuilder| server(builder).visibility(Visibility::Granted);
    everywhere(granted, async |client| {
        let shown = async |person, scopes| {
            client
                .shown(Some(&of(client, person, scopes)), "tools", "name")
                .await
        };
        assert_eq!(shown("bob", "club pay").await, ["pair", "pay"]);
        assert_eq!(shown("mallory", "club pay").await, ["pair", "pay"]);
        assert_eq!(
            shown("alice", "club").await,
            ["club", "diary", "donate", "order", "pair"]
        );
    })
    .await;
    everywhere(server, async |client| {
        let bob = client
            .shown(Some(&of(client, "bob", "")), "tools", "name")
            .await;
        assert_eq!(
            bob,
            ["club", "diary", "donate", "order", "pair", "pay"],
            "all are listed"
        );
    })
    .await;
}
