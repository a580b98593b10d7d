//! Sessions of the older revisions: each belongs to the principal that opened it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http_client::Method;
use json::json;
use mcp_authz::{SessionLimits, rmcp};
use rmcp::transport::streamable_http_server::session::{
    SessionState, SessionStore, SessionStoreError,
};
use support::{Lab, Reply, legacy_body};

use crate::{closed, lab_with};

const SESSION: &str = "mcp-session-id";

async fn with_sessions() -> Lab {
    lab_with(|server| server.sessions(SessionLimits::new().per_principal(3))).await
}

async fn initialize(lab: &Lab, token: &str) -> Reply {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    Reply::of(
        lab.post(Some(token))
            .body(legacy_body("initialize", params)),
    )
    .await
}

/// Opens a session, as a client does.
async fn open(lab: &Lab, token: &str) -> String {
    let reply = initialize(lab, token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let id = reply.header(SESSION).to_owned();
    assert!(!id.is_empty(), "{reply:?}");
    let body = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    let reply = Reply::of(lab.post(Some(token)).header(SESSION, &id).body(body)).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    id
}

async fn call(lab: &Lab, token: &str, session: &str, tool: &str) -> Reply {
    let body = legacy_body("tools/call", json!({ "name": tool, "arguments": {} }));
    let request = lab.post(Some(token)).header(SESSION, session);
    Reply::of(
        request
            .header("mcp-protocol-version", "2025-11-25")
            .body(body),
    )
    .await
}

#[tokio::test]
async fn a_call_in_a_session_is_decided_by_the_current_token() {
    let lab = with_sessions().await;
    let wide = lab.token("mail:send");
    let session = open(&lab, &wide).await;
    assert_eq!(
        call(&lab, &wide, &session, "send_mail").await.text(),
        "sent"
    );
    let narrower = lab.token("");
    let reply = call(&lab, &narrower, &session, "send_mail").await;
    assert_eq!(reply.status, 403);
    assert!(reply.challenge().contains(r#"scope="mail:send""#));
    assert_eq!(lab.ran.times(), 1, "the narrower token ran nothing");
    let refreshed = lab.token("mail:send");
    assert_eq!(
        call(&lab, &refreshed, &session, "send_mail").await.text(),
        "sent"
    );
}

#[tokio::test]
async fn a_foreign_a_forged_and_an_unknown_session_get_the_same_answer() {
    let lab = with_sessions().await;
    let alice = lab.token("mail:send");
    let session = open(&lab, &alice).await;
    let others = [
        lab.token_of("bob", "smartmail", "mail:send"),
        lab.token_of("alice", "another-agent", "mail:send"),
    ];
    let mut forged = session.clone();
    forged.push('A');
    let unknown = call(
        &lab,
        &alice,
        "5f0c6f2e-0000-4000-8000-000000000000",
        "send_mail",
    )
    .await;
    assert_eq!(unknown.status, 404);
    let forged = call(&lab, &alice, &forged, "send_mail").await;
    assert_eq!(
        (forged.status, &forged.body),
        (unknown.status, &unknown.body)
    );
    for other in &others {
        let foreign = call(&lab, other, &session, "send_mail").await;
        assert_eq!(
            (foreign.status, &foreign.body),
            (unknown.status, &unknown.body)
        );
        let stream = lab
            .request(Method::GET, Some(other))
            .header("accept", "text/event-stream");
        let stream = Reply::of(stream.header(SESSION, &session)).await;
        assert_eq!(
            (stream.status, &stream.body),
            (unknown.status, &unknown.body)
        );
        let delete = lab
            .request(Method::DELETE, Some(other))
            .header(SESSION, &session);
        Reply::of(delete).await;
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(
        call(&lab, &alice, &session, "send_mail").await.text(),
        "sent",
        "still Alice's"
    );
}

#[tokio::test]
async fn two_session_headers_are_nobodys_session() {
    let lab = with_sessions().await;
    let alice = lab.token("mail:send");
    let session = open(&lab, &alice).await;
    let body = legacy_body(
        "tools/call",
        json!({ "name": "send_mail", "arguments": {} }),
    );
    let request = lab
        .post(Some(&alice))
        .header(SESSION, &session)
        .header(SESSION, &session);
    assert_eq!(Reply::of(request.body(body)).await.status, 404);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_principal_holds_only_so_many_sessions() {
    let lab = with_sessions().await;
    let alice = lab.token("");
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(open(&lab, &alice).await);
    }
    let reply = initialize(&lab, &alice).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.challenge(), "");
    open(&lab, &lab.token_of("bob", "smartmail", "")).await;
    let end = lab
        .request(Method::DELETE, Some(&alice))
        .header(SESSION, &sessions[0]);
    assert!(Reply::of(end).await.status.is_success());
    open(&lab, &alice).await;
}

/// Keeps sessions where a restarted server finds them.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<HashMap<String, SessionState>>>);

#[async_trait::async_trait]
impl SessionStore for Shelf {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        Ok(self.0.lock().unwrap().get(id).cloned())
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        self.0.lock().unwrap().insert(id.to_owned(), state.clone());
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        self.0.lock().unwrap().remove(id);
        Ok(())
    }
}

const KEYS: [(&str, [u8; 32]); 1] = [("k1", [7; 32])];

#[tokio::test]
async fn a_session_restored_elsewhere_is_still_its_owners_and_still_decided() {
    let shelf = Shelf::default();
    let durable = |server: mcp_authz::ServerBuilder| {
        server
            .tools(closed())
            .sessions(SessionLimits::new())
            .session_store(shelf.clone())
            .sealing_keys(KEYS)
    };
    let mut lab = Lab::start(durable).await;
    let alice = lab.token("mail:send");
    let narrow = lab.token("");
    let bob = lab.token_of("bob", "smartmail", "mail:send");
    let session = open(&lab, &alice).await;
    let first = lab.replica(durable).await;
    let second = lab.replica(durable).await;

    // The first request at another replica replays `initialize` there, with this request's parts:
    // its own verdict must still be the one that counts.
    lab.url = first;
    let reply = call(&lab, &narrow, &session, "send_mail").await;
    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(
        call(&lab, &alice, &session, "send_mail").await.text(),
        "sent"
    );

    lab.url = second;
    // A stream decides nothing: its head must not wait for a decision, the replay's included.
    let stream = lab
        .request(Method::GET, Some(&narrow))
        .header("accept", "text/event-stream")
        .timeout(std::time::Duration::from_secs(10));
    let stream = stream.header(SESSION, &session).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(call(&lab, &bob, &session, "send_mail").await.status, 404);
    assert_eq!(
        call(&lab, &alice, &session, "send_mail").await.text(),
        "sent"
    );
    assert_eq!(lab.ran.times(), 2);
}
