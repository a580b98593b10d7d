//! The same suite with a token that opens nothing: whatever is guarded is a 403, and the handler is
//! never reached.

use mcp_authz::SessionLimits;
use support::{Suite, Tool, have};

use crate::place::{Place, Replies};

/// Scenarios that name nothing that a rule guards. All others must fail.
const UNTOUCHED: [&str; 12] = [
    "dns-rebinding-protection",
    "input-required-result-unsupported-methods",
    "json-schema-2020-12",
    "ping",
    "prompts-list",
    "resources-list",
    "sep-2164-resource-not-found",
    "server-initialize",
    "server-session-lifecycle",
    "server-sse-multiple-streams",
    "tasks-status-notifications",
    "tools-list",
];

/// What names something guarded.
const GUARDED: [&str; 7] = [
    "completion/complete",
    "logging/setLevel",
    "prompts/get",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "tools/call",
];

/// The suite's name for what no server has.
const NOWHERE: &str = "test://nonexistent-resource-for-conformance-testing";

#[tokio::test]
async fn without_scopes_nothing_runs_in_2025_11_25() -> support::Result<()> {
    nothing_runs("2025-11-25").await
}

#[tokio::test]
async fn without_scopes_nothing_runs_in_2026_07_28() -> support::Result<()> {
    nothing_runs("2026-07-28").await
}

async fn nothing_runs(revision: &str) -> support::Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    // A client whose call failed does not end its session.
    let limits = SessionLimits::new().per_principal(100);
    let place = Place::gated(Replies::Streams, "", limits).await?;
    let verdicts = Suite::revision(&place.url, revision, &format!("{revision}-nothing")).await?;
    let ran = place.guarded.as_ref().map(|guarded| guarded.ran.times());
    assert_eq!(ran, Some(0), "the handler was reached");
    for (scenario, checks) in &verdicts.scenarios {
        let failed = checks.iter().any(|check| check["status"] == "FAILURE");
        let touches = !UNTOUCHED.contains(&&**scenario);
        assert_eq!(failed, touches, "{scenario}: {checks:#?}");
    }
    let seen = place.seen.lock().expect("no panic holds it");
    let mut refused = 0;
    for (message, status) in seen.iter() {
        let method = message["method"].as_str().unwrap_or_default();
        if !GUARDED.contains(&method) || message["params"]["uri"] == NOWHERE {
            continue;
        }
        // Or rmcp would not have it before the gate was asked: headers, and removed methods.
        assert!([403, 400, 404].contains(status), "{status} for {message}");
        refused += usize::from(*status == 403);
    }
    assert!(refused > 15, "{refused} calls were refused");
    Ok(())
}
