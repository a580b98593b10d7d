//! Other ways to the endpoint.

use support::{Reply, legacy_body};

use crate::lab;

#[tokio::test]
async fn no_spelling_of_the_path_gets_around_the_gate() {
    let lab = lab(true).await;
    let token = lab.token("profile");
    let body = legacy_body("tools/call", json::json!({ "name": "wipe" }));
    for path in [
        "/mcp",
        "/mcp/",
        "//mcp",
        "/MCP",
        "/%6dcp",
        "/mcp%2f",
        "/mcp;x",
        "/mcp/../mcp",
        "/./mcp",
        "/mcp/sse",
        "/sse",
        "/message",
        "/",
        "/mcp?x",
        "/.well-known/../mcp",
    ] {
        let request = lab.http.post(format!("{}{path}", lab.origin));
        for token in [None, Some(&token)] {
            let mut request = request
                .try_clone()
                .unwrap()
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream");
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let reply = Reply::of(request.body(body.clone())).await;
            assert!(reply.status.is_client_error(), "{path}: {reply:?}");
        }
    }
    assert_eq!(lab.ran.times(), 0);
}
