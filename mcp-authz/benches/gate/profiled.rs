//! One side alone, in process, for a profiler: `--calls SIDE COUNT`, and behind these any of
//!
//! - `2025-11-25`: the older revision,
//! - `session`: the same in sessions, one for each token,
//! - `many`: 2,000 tokens by turns,
//! - `office`: a handler of others under fifty rules.
//!
//! What a call takes is the difference of two runs, by that of their counts.

use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use mcp_authz::SessionLimits;
use mcp_authz::dev::AuthorizationServer;

use crate::calls::{Revision, initialize, initialized, request};
use crate::inprocess::{answer, call, turn};
use crate::office::Office;
use crate::scenarios::{ROTATING, mint};
use crate::servers::{bare_in_sessions, bare_router, gated, in_sessions, protected, router_of};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

pub(crate) async fn run(side: &str, count: usize, words: &[&str]) {
    let with = |word| words.contains(&word);
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let tokens = if with("many") { ROTATING } else { 1 };
    let tokens = mint(&provider, "math", tokens);
    let issuer = provider.issuer().to_owned();
    let limits = SessionLimits::new().total(ROTATING);
    let mut router = match (side, with("session"), with("office")) {
        ("bare", true, _) => bare_in_sessions(),
        ("bare", _, true) => router_of(Office::new(), true),
        ("bare", ..) => bare_router(true),
        ("gated", true, _) => in_sessions(issuer, limits).await.router(),
        ("gated", _, true) => protected(issuer).await.router(),
        ("gated", ..) => gated(issuer, true).await.router(),
        (other, ..) => panic!("bare or gated, not {other}"),
    };
    let revision = match with("session") || with("2025-11-25") {
        true => Revision::Legacy,
        false => Revision::Modern,
    };
    let mut sessions = Vec::new();
    for token in tokens.iter().filter(|_| with("session")) {
        sessions.push(open(&mut router, token).await);
    }
    let request = |index: usize| -> Request<Body> {
        let at = index % tokens.len();
        let mut request = request(revision, &tokens[at]);
        if let Some(session) = sessions.get(at) {
            request.headers_mut().insert(SESSION, session.clone());
        }
        request
    };
    // Every token is known before the count begins.
    turn(&mut router, (0..tokens.len()).map(request)).await;
    let took = turn(&mut router, (0..count).map(request)).await;
    eprintln!("{took:.1} µs a call");
}

/// Opens a session, and gives its id.
async fn open(router: &mut Router, token: &str) -> HeaderValue {
    let opened = answer(router, initialize(token)).await;
    assert_eq!(opened.status, StatusCode::OK);
    let session = &opened.headers[SESSION];
    let mut request = initialized(token);
    request.headers_mut().insert(SESSION, session.clone());
    assert_eq!(call(router, request).await, StatusCode::ACCEPTED);
    session.clone()
}
