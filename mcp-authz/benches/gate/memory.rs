//! What remembering tokens costs in memory, and holding sessions.

use mcp_authz::SessionLimits;
use mcp_authz::dev::AuthorizationServer;

use crate::calls::{initialize, knock};
use crate::inprocess::call;
use crate::machine::resident;
use crate::scenarios::mint;
use crate::servers::{gated, in_sessions};

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

/// The growth of the process for each session that is opened and left.
async fn session(provider: &AuthorizationServer) -> u64 {
    let limits = SessionLimits::new().per_principal(SESSIONS).total(SESSIONS);
    let mut service = in_sessions(provider.issuer(), limits).await.mcp_service();
    let token = &mint(provider, "math", 1)[0];
    let begun = resident();
    for _ in 0..SESSIONS {
        let status = call(&mut service, initialize(token)).await;
        assert_eq!(status, http::StatusCode::OK);
    }
    (resident() - begun) / SESSIONS as u64
}
