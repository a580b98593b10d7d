//! What the operator's record says of each decision.

use std::sync::{Arc, Mutex};

use json::json;
use mcp_authz::{
    AuditEvent, AuditOutcome, AuthInfo, Denied, Kind, Parameters, PolicyError, Requirement, Scope,
    ServerBuilder, State, schemars, serde, tool,
};
use support::{Lab, Ran};

#[tool(scopes = ["mail:read"])]
fn peruse(ran: State<Ran>) -> String {
    ran.note();
    "read".into()
}

fn nobody(_: &AuthInfo) -> Result<(), PolicyError> {
    Err(PolicyError::denied("Closed."))
}

#[tool(authenticated, policy = nobody)]
fn closed(ran: State<Ran>) {
    ran.note();
}

#[tool(authenticated)]
fn fragile(ran: State<Ran>) {
    ran.note();
    panic!("broken");
}

#[tool(authenticated)]
fn curious(auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    ran.note();
    auth.require(Scope::new("more"))?;
    Ok(String::new())
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Sum {
    amount: u32,
}

fn by_amount(sum: &Sum, _: &AuthInfo) -> Requirement {
    Scope::new(if sum.amount > 100 { "pay:any" } else { "pay" }).into()
}

#[tool(authenticated, scopes_for = by_amount)]
fn spend(Parameters(sum): Parameters<Sum>, ran: State<Ran>) -> String {
    ran.note();
    format!("{} spent", sum.amount)
}

fn server(server: ServerBuilder) -> ServerBuilder {
    let tools = [
        peruse::tool(),
        closed::tool(),
        fragile::tool(),
        curious::tool(),
        spend::tool(),
    ];
    server.tools(tools).prompts([]).mcp_resources([])
}

/// A line for each decision: outcome, who through which client, what, why.
fn line(event: &AuditEvent<'_>) -> String {
    let who = event.caller.map(|caller| {
        let subject = caller.subject().unwrap_or("?");
        format!("{subject} by {}", caller.client_id().unwrap_or("?"))
    });
    let what = event.operation.map(|operation| {
        assert_eq!(operation.kind, Kind::Tool);
        operation.name
    });
    let (who, what) = (who.as_deref().unwrap_or("-"), what.unwrap_or("-"));
    format!("{:?} {who} {what} {}", event.outcome, event.reason)
}

#[tokio::test]
async fn every_decision_is_on_record_with_who_what_and_why() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&lines);
    let lab = Lab::start(|builder| {
        let sink = move |event: &AuditEvent<'_>| record.lock().unwrap().push(line(event));
        server(builder).audit(sink)
    })
    .await;
    let token = lab.token("mail:read");
    let some = Some(token.as_str());
    let ask = async |token: Option<&str>, tool: &str, amount: u32| {
        lab.call_with(token, tool, json!({ "amount": amount }))
            .await
    };
    ask(None, "peruse", 1).await;
    ask(Some("a.b.c"), "peruse", 1).await;
    ask(some, "peruse", 1).await;
    ask(Some(&lab.token("")), "peruse", 1).await;
    ask(some, "closed", 1).await;
    ask(some, "missing", 1).await;
    ask(some, "spend", 101).await;
    ask(some, "curious", 1).await;
    ask(some, "fragile", 1).await;
    let found = lines.lock().unwrap().clone();
    let expected = [
        "Refused - - no token",
        "Refused - - ",
        "Allowed alice by smartmail peruse ",
        "Refused alice by smartmail peruse insufficient_scope: mail:read",
        "Refused alice by smartmail closed policy: Closed.",
        "Refused alice by smartmail missing unknown, or concealed from this caller",
        "Refused alice by smartmail spend insufficient_scope: pay:any",
        "Allowed alice by smartmail curious ",
        "Refused alice by smartmail - insufficient_scope: more",
        "Allowed alice by smartmail fragile ",
        "Failed alice by smartmail - a decision or the function panicked",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found:?} for {expected:?}");
    }
    // Why a token was refused is there too, and nothing of the token.
    assert!(found[1].len() > "Refused - - ".len(), "{found:#?}");
    assert!(!found[1].contains("a.b.c"), "{found:#?}");
    assert_eq!(lab.ran.times(), 3);
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_run() {
    let lab = Lab::start(|builder| {
        server(builder).audit(|event: &AuditEvent<'_>| {
            assert_ne!(event.outcome, AuditOutcome::Allowed, "the disk is full");
        })
    })
    .await;
    let reply = lab.call(Some(&lab.token("mail:read")), "peruse").await;
    assert_eq!(
        (reply.status.as_u16(), lab.ran.times()),
        (500, 0),
        "{reply:?}"
    );
    // What is refused stays refused.
    let reply = lab.call(Some(&lab.token("")), "peruse").await;
    assert_eq!(
        (reply.status.as_u16(), lab.ran.times()),
        (403, 0),
        "{reply:?}"
    );
}
