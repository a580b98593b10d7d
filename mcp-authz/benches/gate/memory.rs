//! What remembering tokens costs in memory.

use mcp_authz::dev::AuthorizationServer;

use crate::calls::knock;
use crate::inprocess::call;
use crate::machine::resident;
use crate::scenarios::mint;
use crate::servers::gated;

/// Well within the bounds of the memory.
const SOME: usize = 10_000;
const MANY: usize = 100_000;

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
    format!(
        "Memory: {} bytes for each of {SOME} tokens of {length} bytes; {mib:.0} MiB after {MANY} different tokens.",
        of_some / SOME as u64,
    )
}
