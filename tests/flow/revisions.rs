//! The same gate in every revision and every form of reply.

use json::json;
use support::{Lab, Reply, legacy_body};

use crate::{lab, lab_with};

/// A call that is refused, one that runs, and no confusion between them.
async fn holds(lab: &Lab, form: &str) {
    let narrow = lab.token("profile email");
    let refused = [
        lab.call(Some(&narrow), "send_mail").await,
        lab.call_legacy(Some(&narrow), "send_mail").await,
    ];
    for reply in refused {
        assert_eq!(reply.status, 403, "{form}: {reply:?}");
        assert!(reply.challenge().contains(r#"scope="mail:send""#), "{form}");
    }
    assert_eq!(lab.ran.times(), 0, "{form}");
    let wide = lab.token("mail:send");
    for reply in [
        lab.call(Some(&wide), "send_mail").await,
        lab.call_legacy(Some(&wide), "send_mail").await,
    ] {
        assert_eq!(reply.status, 200, "{form}: {reply:?}");
        assert_eq!(reply.text(), "sent", "{form}: {reply:?}");
    }
    assert_eq!(lab.ran.times(), 2, "{form}");
}

#[tokio::test]
async fn json_replies() {
    let lab = lab().await;
    holds(&lab, "json").await;
    let reply = lab.call(Some(&lab.token("")), "hello").await;
    assert_eq!(reply.header("content-type"), "application/json");
}

#[tokio::test]
async fn event_streams() {
    let lab = lab_with(|server| server.json_replies(false)).await;
    holds(&lab, "events").await;
    for reply in [
        lab.call(Some(&lab.token("")), "slow").await,
        lab.call_legacy(Some(&lab.token("")), "slow").await,
    ] {
        assert_eq!(reply.header("content-type"), "text/event-stream");
        assert_eq!(reply.text(), "done");
    }
}

#[tokio::test]
async fn every_older_revision_without_a_session() {
    let lab = lab().await;
    let narrow = lab.token("");
    for revision in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        for (tool, status) in [("hello", 200), ("send_mail", 403)] {
            let body = legacy_body("tools/call", json!({ "name": tool, "arguments": {} }));
            let request = lab
                .post(Some(&narrow))
                .header("mcp-protocol-version", revision);
            assert_eq!(
                Reply::of(request.body(body)).await.status,
                status,
                "{revision} {tool}"
            );
        }
        let params = json!({
            "protocolVersion": revision,
            "capabilities": {},
            "clientInfo": { "name": "lab", "version": "1" },
        });
        let body = legacy_body("initialize", params);
        assert_eq!(
            Reply::of(lab.post(None).body(body.clone())).await.status,
            401
        );
        let reply = Reply::of(lab.post(Some(&narrow)).body(body)).await;
        assert_eq!(reply.message()["result"]["protocolVersion"], revision);
        assert_eq!(reply.message()["result"]["serverInfo"]["name"], "lab");
        assert_eq!(
            reply.header("mcp-session-id"),
            "",
            "no sessions unless asked for"
        );
    }
}
