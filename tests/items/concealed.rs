//! What is concealed does not exist for whoever may not have it, to the byte.

use json::json;
use mcp_authz::{
    AuthInfo, Parameters, PolicyError, Requirement, Scope, ServerBuilder, State, tool,
};
use support::Ran;

use crate::arguments::Payment;
use crate::client::{assert_same, everywhere};

fn by_amount(payment: &Payment, _: &AuthInfo) -> Requirement {
    match payment.amount {
        0 => panic!("nothing"),
        1 => Scope::new("vault").into(),
        _ => Scope::new("vault:all").into(),
    }
}

async fn not_bob(auth: &AuthInfo, _: &Payment) -> Result<(), PolicyError> {
    match auth.subject() {
        Some("bob") => Err(PolicyError::denied("Not you.")),
        Some("carol") => Err(PolicyError::unavailable()),
        _ => Ok(()),
    }
}

#[tool(scopes = ["vault"], scopes_for = by_amount, policy = not_bob, conceal)]
async fn vault(_: Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    "gold".into()
}

#[tool(authenticated)]
fn lobby() -> String {
    "hello".into()
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server.tools([vault::tool(), lobby::tool()])
}

#[tokio::test]
async fn every_refusal_of_a_concealed_tool_is_the_answer_to_an_unknown_name() {
    everywhere(server, async |client| {
        let of = |person, scopes| client.lab.token_of(person, "smartmail", scopes);
        for (token, amount) in [
            (of("alice", ""), 1),
            (of("alice", "vault"), 2),
            (of("alice", "vault"), 0),
            (of("bob", "vault"), 1),
            (of("carol", "vault"), 1),
        ] {
            let arguments = json!({ "amount": amount });
            let concealed = client.call(Some(&token), "vault", arguments.clone()).await;
            let unknown = client.call(Some(&token), "vauIt", arguments).await;
            assert_eq!(
                (unknown.status.as_u16(), unknown.error_code()),
                (200, -32602)
            );
            assert_same(&concealed, &unknown);
        }
        assert_eq!(client.ran(), 0);
        let reply = client
            .call(Some(&of("alice", "vault")), "vault", json!({ "amount": 1 }))
            .await;
        assert_eq!(reply.text(), "gold", "{reply:?}");
    })
    .await;
}

#[tokio::test]
async fn it_is_listed_only_for_those_who_may_and_asked_of_nobody() {
    everywhere(server, async |client| {
        let shown = async |scopes| {
            client
                .shown(Some(&client.token(scopes)), "tools", "name")
                .await
        };
        assert_eq!(shown("").await, ["lobby"]);
        assert_eq!(shown("vault").await, ["lobby", "vault"]);
        let reply = client.call(None, "vault", json!({})).await;
        assert_eq!(reply.status, 401);
        assert!(
            !reply.challenge().contains("vault"),
            "{}",
            reply.challenge()
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_of_it_where_anonymous_callers_are_let_in() {
    let open = |builder: ServerBuilder| server(builder).allow_anonymous();
    everywhere(open, async |client| {
        let concealed = client.call(None, "vault", json!({ "amount": 1 })).await;
        assert_same(
            &concealed,
            &client.call(None, "vauIt", json!({ "amount": 1 })).await,
        );
        assert_eq!(client.call(None, "lobby", json!({})).await.status, 401);
        assert_eq!(client.shown(None, "tools", "name").await, ["lobby"]);
        assert_eq!(client.ran(), 0);
    })
    .await;
}
