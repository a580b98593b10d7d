//! What a message on standard input would have run, whose caller is let in no longer: on record with the
//! reason, which the client is not told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_authz::AuditEvent;
use mcp_authz::dev::{Endpoint, Fault};
use mcp_authz::testing::TestServer;
use support::Ran;

use crate::mail;

const HOUR: Duration = Duration::from_secs(3600);

/// A line for each decision: outcome, whether there was a caller, what, why.
fn line(event: &AuditEvent<'_>) -> String {
    let what = event
        .operation
        .map(|operation| format!("{}:{}", operation.kind, operation.name));
    let who = event.caller.map_or("nobody", |_| "somebody");
    let what = what.as_deref().unwrap_or("-");
    format!("{:?} {who} {what} {}", event.outcome, event.reason)
}

#[tokio::test]
async fn what_is_barred_is_on_record_as_what_it_is_and_why() {
    let ran = Ran::default();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&lines);
    let sink = move |event: &AuditEvent<'_>| record.lock().unwrap().push(line(event));
    let server = TestServer::start(mail(&ran).audit(sink)).await.unwrap();
    let alice = server.as_user("alice").scopes(["mail:read"]);
    let long = alice.clone().lifetime(24 * HOUR);
    let alice = alice.over_stdio().await.unwrap();
    let long = long.over_stdio().await.unwrap();
    let take = || std::mem::take(&mut *lines.lock().unwrap());

    take();
    server.clock().advance(2 * HOUR);
    let told = [
        alice.call("count").await.unwrap_err(),
        alice.prompt("summary").await.unwrap_err(),
        alice.read("mail://folders/inbox").await.unwrap_err(),
        alice.tools().await.unwrap_err(),
    ]
    .map(|refused| refused.body().to_string());
    let whose = server.issuer().identifier().to_owned();
    // A second may pass while it is told.
    let over = format!("{whose}: token rejected: exp: expired, 360");
    let lines = take();
    let expected = [
        format!("Refused nobody tool:count {over}"),
        format!("Refused nobody prompt:summary {over}"),
        format!("Refused nobody resource:mail://folders/inbox {over}"),
        format!("Refused nobody - {over}"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    for told in told {
        assert!(!told.contains("exp:"), "{told}");
    }

    server.issuer().fail(Endpoint::ALL, Fault::Error);
    server.clock().advance(4 * HOUR);
    assert!(long.call("count").await.unwrap().is_error());
    let lines = take();
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    let unavailable = format!("Unavailable nobody tool:count {whose}: ");
    assert!(line.starts_with(&unavailable), "{line}");
    assert_eq!(ran.times(), 0);
}
