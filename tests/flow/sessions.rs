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
    let ended = open(&lab, &alice).await;
    let end = lab.request(Method::DELETE, Some(&alice));
    let end = Reply::of(end.header(SESSION, &ended)).await;
    assert_eq!(end.status, 202, "{end:?}");
    let bob = lab.token_of("bob", "smartmail", "mail:send");
    let agent = lab.token_of("alice", "another-agent", "mail:send");
    let longer = format!("{session}A");
    let other = session.replacen(
        &session[20..21],
        if &session[20..21] == "A" { "B" } else { "A" },
        1,
    );
    let unknown = "5f0c6f2e-0000-4000-8000-000000000000";
    for way in Way::ALL {
        let first = ask_in(&lab, &alice, unknown, way).await;
        assert_eq!(first.status, 404, "{way:?}: {first:?}");
        for (token, id, what) in [
            (&bob, &session, "another person's"),
            (&agent, &session, "another client's"),
            (&alice, &longer, "forged"),
            (&alice, &other, "forged"),
            (&alice, &ended, "over"),
            (&bob, &ended, "another person's, and over"),
        ] {
            let reply = ask_in(&lab, token, id, way).await;
            assert_eq!(reply.status, first.status, "{way:?} of one that is {what}");
            assert_eq!(reply.body, first.body, "{way:?} of one that is {what}");
            assert_eq!(
                without_date(&reply),
                without_date(&first),
                "{way:?} of one that is {what}"
            );
        }
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(
        call(&lab, &alice, &session, "send_mail").await.text(),
        "sent",
        "still Alice's"
    );
}

/// What can be done with the id of a session.
#[derive(Clone, Copy, Debug)]
enum Way {
    Call,
    Notify,
    Stream,
    Resume,
    End,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Call,
        Self::Notify,
        Self::Stream,
        Self::Resume,
        Self::End,
    ];
}

async fn ask_in(lab: &Lab, token: &str, session: &str, way: Way) -> Reply {
    let stream = || {
        let get = lab.request(Method::GET, Some(token));
        get.header("accept", "text/event-stream")
    };
    let request = match way {
        Way::Call => return call(lab, token, session, "send_mail").await,
        Way::Notify => {
            let body = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            lab.post(Some(token)).body(body.to_string())
        }
        Way::Stream => stream(),
        Way::Resume => stream().header("last-event-id", "0/0"),
        Way::End => lab.request(Method::DELETE, Some(token)),
    };
    Reply::of(request.header(SESSION, session)).await
}

fn without_date(reply: &Reply) -> Vec<(String, Vec<u8>)> {
    let headers = reply.headers.iter();
    let headers = headers.filter(|(name, _)| *name != "date");
    headers
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_owned()))
        .collect()
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

#[tokio::test]
async fn all_principals_together_hold_only_so_many_sessions() {
    let lab = lab_with(|server| server.sessions(SessionLimits::new().total(2))).await;
    let of = |person| lab.token_of(person, "smartmail", "");
    let (alice, bob, carol) = (of("alice"), of("bob"), of("carol"));
    let session = open(&lab, &alice).await;
    open(&lab, &bob).await;
    let reply = initialize(&lab, &carol).await;
    assert_eq!(
        (reply.status.as_u16(), reply.challenge()),
        (429, ""),
        "{reply:?}"
    );
    assert_eq!(reply.header(SESSION), "", "{reply:?}");
    // Nobody else can make room, and whoever does makes it for anybody.
    let end = |token| {
        lab.request(Method::DELETE, Some(token))
            .header(SESSION, &session)
    };
    assert_eq!(Reply::of(end(&carol)).await.status, 404);
    assert_eq!(initialize(&lab, &carol).await.status, 429);
    assert_eq!(Reply::of(end(&alice)).await.status, 202);
    open(&lab, &carol).await;
    assert_eq!(initialize(&lab, &alice).await.status, 429);
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
    let third = lab.replica(durable).await;

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

    // Its owner can end it where nobody has asked for it yet; the others cannot.
    lab.url = third;
    let end = async |token| {
        let end = lab.request(Method::DELETE, Some(token));
        Reply::of(end.header(SESSION, &session)).await.status
    };
    assert_eq!(end(&bob).await, 404);
    assert_eq!(end(&alice).await, 202);
    assert_eq!(end(&alice).await, 404);
}
