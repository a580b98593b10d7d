//! The headers that say what a message is: compared with it where the revision asks for that, and
//! never what is decided on.

use http_client::header::{HeaderName, HeaderValue};
use json::{Value, json};
use support::{MODERN, Reply, legacy_body, modern_body, modern_headers};

use crate::lab;

/// A call of `wipe`, with the headers that belong to it, changed in this way.
async fn call(lab: &support::Lab, token: &str, changes: &[(&str, Option<&str>)]) -> Reply {
    let mut headers = modern_headers("tools/call", Some("wipe"));
    for (name, value) in changes {
        let name: HeaderName = name.parse().unwrap();
        match value {
            // Another one besides, where there is one already.
            Some(value) if *value == "wipe" => {
                headers.append(name, HeaderValue::from_static("wipe"));
            }
            Some(value) => {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
            None => {
                headers.remove(name);
            }
        }
    }
    let body = modern_body("tools/call", json!({ "name": "wipe", "arguments": {} }));
    Reply::of(lab.post(Some(token)).headers(headers).body(body)).await
}

#[tokio::test]
async fn headers_that_differ_from_the_body_are_refused_before_anything_runs() {
    let lab = lab(true).await;
    let admin = lab.token("admin");
    for changes in [
        [("mcp-name", Some("echo"))],
        [("mcp-name", Some("Wipe"))],
        [("mcp-name", None)],
        // Twice, though both are right.
        [("mcp-name", Some("wipe"))],
        [("mcp-method", Some("tools/list"))],
        [("mcp-method", Some("Tools/Call"))],
        [("mcp-method", None)],
        // Encoded, and something else; not encoded well; in another spelling of the form.
        [("mcp-name", Some("=?base64?ZWNobw==?="))],
        [("mcp-name", Some("=?base64?d2lwZQ?="))],
        [("mcp-name", Some("=?base64?/w==?="))],
        [("mcp-name", Some("=?BASE64?d2lwZQ==?="))],
    ] {
        let reply = call(&lab, &admin, &changes).await;
        assert_eq!(reply.status, 400, "{changes:?}: {reply:?}");
        assert_eq!(reply.error_code(), -32020, "{changes:?}");
    }
    assert_eq!(lab.ran.times(), 0);
    for changes in [
        vec![],
        vec![("mcp-name", Some("=?base64?d2lwZQ==?="))],
        vec![("mcp-name", Some("  wipe  "))],
    ] {
        let reply = call(&lab, &admin, &changes).await;
        assert_eq!(reply.text(), "wiped", "{changes:?}: {reply:?}");
        // Right or wrong, they are no permission.
        let reply = call(&lab, &lab.token("profile"), &changes).await;
        assert_eq!(reply.status, 403, "{changes:?}: {reply:?}");
    }
    assert_eq!(lab.ran.times(), 3);
}

#[tokio::test]
async fn a_revision_that_differs_or_is_unknown_is_refused_once_the_caller_is_known() {
    let lab = lab(true).await;
    let body = |revision: &str| {
        let mut body: Value =
            json::from_str(&modern_body("tools/call", json!({ "name": "wipe" }))).unwrap();
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = revision.into();
        body.to_string()
    };
    for (header, body, code) in [
        ("2025-11-25", body(MODERN), -32020),
        (MODERN, body("2025-11-25"), -32020),
        ("2099-01-01", body("2099-01-01"), -32022),
    ] {
        let post = |token: Option<&str>| {
            let mut headers = modern_headers("tools/call", Some("wipe"));
            headers.insert("mcp-protocol-version", header.parse().unwrap());
            Reply::of(lab.post(token).headers(headers).body(body.clone()))
        };
        let unknown = post(None).await;
        assert_eq!((unknown.status.as_u16(), unknown.error_code()), (401, 0));
        let reply = post(Some(&lab.token("admin"))).await;
        assert_eq!(
            (reply.status.as_u16(), reply.error_code()),
            (400, code),
            "{reply:?}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn an_unknown_method_is_not_found_and_not_forbidden() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    for method in [
        "admin/reset",
        "x/y",
        "rpc.discover",
        "Tools/Call",
        "tools/call ",
        "tools/call\u{0}",
        "toolſ/call",
        "",
    ] {
        // The header cannot hold all of them, so in a revision that has none.
        let body = legacy_body(method, json!({ "name": "wipe" }));
        let reply = Reply::of(lab.post(Some(&token)).body(body)).await;
        assert_eq!(reply.error_code(), -32601, "{method:?}: {reply:?}");
        assert_eq!(reply.challenge(), "");
    }
    let reply = lab.ask(Some(&token), "admin/reset", json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.error_code()), (404, -32601));
    assert_eq!(lab.ask(None, "admin/reset", json!({})).await.status, 401);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_notification_wants_a_token_and_has_no_answer() {
    let lab = lab(true).await;
    for method in ["notifications/initialized", "tools/call"] {
        let body = json!({ "jsonrpc": "2.0", "method": method, "params": { "name": "wipe" } });
        let post = |token: Option<&str>| Reply::of(lab.post(token).body(body.to_string()));
        assert_eq!(post(None).await.status, 401, "{method}");
        let reply = post(Some(&lab.token("admin"))).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (202, ""), "{method}");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_cut_off() {
    let lab = lab(true).await;
    let long = json!({ "name": "wipe", "arguments": { "x": "y".repeat(1_100_000) } });
    for headers in [
        modern_headers("tools/call", Some("wipe")),
        Default::default(),
    ] {
        let body = modern_body("tools/call", long.clone());
        let reply = Reply::of(
            lab.post(Some(&lab.token("admin")))
                .headers(headers)
                .body(body),
        )
        .await;
        assert_eq!(reply.status, 413, "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
}
