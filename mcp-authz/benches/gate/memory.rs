//! What remembering tokens costs in memory, and holding sessions.

use axum::body::Body;
use http::{Method, Request};
use mcp_authz::dev::AuthorizationServer;
use mcp_authz::{Server, SessionLimits};

use crate::calls::knock;
use crate::inprocess::call;
use crate::machine::resident;
use crate::scenarios::mint;
use crate::servers::{RESOURCE, gated};
use crate::tool::add;

/// Well within the bounds of the memory.
const SOME: usize = 10_000;
const MANY: usize = 100_000;

const SESSIONS: usize = 2_000;

/// The growth of the process while one server sees more and more tokens.
pub(crate) async fn measure() -> String {
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let server = gated(provider.issuer(), true).await;
    let mut service = server.mcp_service();
    let (mut begun, mut of_some, mut length) = (0, 0, 0);
    for batch in 0..MANY / SOME {
        // Minted first: their room is taken before the count begins.
        let tokens = mint(&provider, "math profile email", SOME);
        if batch == 0 {
            begun = resident();
            length = tokens[0].len();
        }
        for token in &tokens {
            call(&mut service, knock(Some(token))).await;
        }
        if batch == 0 {
            of_some = resident() - begun;
        }
    }
    let mib = (resident() - begun) as f64 / 1024.0 / 1024.0;
    let of_session = session(&provider).await;
    format!(
        "Memory: {} bytes for each of {SOME} tokens of {length} bytes; {mib:.0} MiB after {MANY} different tokens; {of_session} bytes for each of {SESSIONS} sessions.",
        of_some / SOME as u64,
    )
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;

/// The growth of the process for each session that is opened and left.
async fn session(provider: &AuthorizationServer) -> u64 {
    let limits = SessionLimits::new().per_principal(SESSIONS).total(SESSIONS);
    let server = Server::builder("bench")
        .resource(RESOURCE)
        .issuer(provider.issuer())
        .tools([add::tool()])
        .sessions(limits)
        .build();
    let mut service = server.await.unwrap().mcp_service();
    let token = &mint(provider, "math", 1)[0];
    let initialize = || {
        Request::builder()
            .method(Method::POST)
            .uri(RESOURCE)
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(INITIALIZE))
            .unwrap()
    };
    let begun = resident();
    for _ in 0..SESSIONS {
        let status = call(&mut service, initialize()).await;
        assert_eq!(status, http::StatusCode::OK);
    }
    (resident() - begun) / SESSIONS as u64
}
