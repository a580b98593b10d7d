//! What the operator's record says of each decision.

use std::sync::{Arc, Mutex};

use json::json;
use mcp_authz::{
    AuditEvent, AuditOutcome, AuthInfo, Denied, Kind, Parameters, PolicyError, Requirement, Scope,
    ServerBuilder, SessionLimits, State, prompt, resource, schemars, serde, tool,
};
use support::{Lab, Ran, Reply, legacy_body};

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

/// Decides on its arguments, and breaks behind them.
#[tool(authenticated, scopes_for = by_amount, toolset = "breaking")]
fn squander(Parameters(sum): Parameters<Sum>, ran: State<Ran>) -> String {
    ran.note();
    panic!("{} gone", sum.amount)
}

#[prompt(authenticated, toolset = "breaking")]
fn torn(ran: State<Ran>) -> String {
    ran.note();
    panic!("torn")
}

#[resource(uri = "box://{number}", authenticated, toolset = "breaking")]
fn sealed(number: String, auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    ran.note();
    auth.require(Scope::new("more"))?;
    Ok(number)
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
    let what = event.operation.map(|operation| match operation.kind {
        Kind::Tool => operation.name.to_owned(),
        other => format!("{other}:{}", operation.name),
    });
    let (who, what) = (who.as_deref(), what.as_deref());
    let (who, what) = (who.unwrap_or("-"), what.unwrap_or("-"));
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
        "Refused alice by smartmail missing unknown: nothing here has this name",
        "Refused alice by smartmail spend insufficient_scope: pay:any",
        "Allowed alice by smartmail curious ",
        "Refused alice by smartmail curious insufficient_scope: more",
        "Allowed alice by smartmail fragile ",
        "Failed alice by smartmail fragile a decision or the function panicked",
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

/// A server with a record, and the record.
async fn recorded(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Lab, Lines) {
    let lines = Lines::default();
    let record = Arc::clone(&lines);
    let sink = move |event: &AuditEvent<'_>| record.lock().unwrap().push(line(event));
    let lab = Lab::start(|builder| configure(builder).audit(sink)).await;
    (lab, lines)
}

type Lines = Arc<Mutex<Vec<String>>>;

#[tokio::test]
async fn what_a_function_comes_to_while_it_runs_is_on_record_with_what_it_is() {
    let (lab, lines) = recorded(|server| {
        let server = server.tools([curious::tool(), squander::tool()]);
        let server = server.prompts([torn::prompt()]);
        server.mcp_resources([sealed::resource()])
    })
    .await;
    let token = lab.token("pay");
    let some = Some(token.as_str());
    lab.call_with(some, "squander", json!({ "amount": 1 }))
        .await;
    for (method, params) in [
        ("prompts/get", json!({ "name": "torn" })),
        ("resources/read", json!({ "uri": "box://7" })),
    ] {
        let request = lab.post(some).header("mcp-protocol-version", "2025-11-25");
        Reply::of(request.body(legacy_body(method, params))).await;
    }
    lab.call_legacy(some, "curious").await;
    assert_eq!(lab.ran.times(), 4);
    let found = lines.lock().unwrap().clone();
    let broke = "a decision or the function panicked";
    let expected = [
        "Allowed alice by smartmail squander ".to_owned(),
        format!("Failed alice by smartmail squander {broke}"),
        "Allowed alice by smartmail prompt:torn ".to_owned(),
        format!("Failed alice by smartmail prompt:torn {broke}"),
        "Allowed alice by smartmail resource:box://7 ".to_owned(),
        "Refused alice by smartmail resource:box://7 insufficient_scope: more".to_owned(),
        "Allowed alice by smartmail curious ".to_owned(),
        "Refused alice by smartmail curious insufficient_scope: more".to_owned(),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn who_has_too_many_sessions_is_on_record() {
    let limits = SessionLimits::new().per_principal(1);
    let (lab, lines) = recorded(|builder| server(builder).sessions(limits)).await;
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let token = lab.token("mail:read");
    let open = async || {
        let body = legacy_body("initialize", params.clone());
        Reply::of(lab.post(Some(&token)).body(body)).await
    };
    assert_eq!(open().await.status, 200);
    // What belongs to the protocol is no operation, and nothing to keep a record of.
    assert_eq!(lines.lock().unwrap().len(), 0);
    assert_eq!(open().await.status, 429);
    let found = lines.lock().unwrap().clone();
    assert_eq!(found, ["Refused alice by smartmail - too many sessions"]);
}

#[tokio::test]
async fn a_message_that_is_not_read_is_on_record() {
    let (lab, lines) = recorded(server).await;
    let params =
        json!({ "name": "peruse", "arguments": { "$serde_json::private::RawValue": "1" } });
    let body = legacy_body("tools/call", params);
    let reply = Reply::of(lab.post(Some(&lab.token("mail:read"))).body(body)).await;
    assert_eq!((reply.status.as_u16(), lab.ran.times()), (400, 0));
    let found = lines.lock().unwrap().clone();
    let [line] = &found[..] else {
        panic!("{found:?}");
    };
    let begin = "Refused alice by smartmail - message refused: it has a member";
    assert!(line.starts_with(begin), "{line}");
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
