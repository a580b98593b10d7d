//! A subscription is read twice, ahead of rmcp and by it: forms in which the two could read differently.

use http_client::header::{HeaderName, HeaderValue};
use json::{Value, json};
use support::{Lab, MODERN, modern_headers};

use crate::lab;
use crate::listen::{SHORT, hear};

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"lab","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

/// The plain form; `notes` may read the one, and the other does not exist for it.
const PLAIN: &str = r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public","note:///secret"]},META}}"#;

/// `META` stands for the `_meta` member.
const BODIES: [&str; 13] = [
    PLAIN,
    // A member twice, the harmless one first or last.
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public"],"resourceSubscriptions":["note:///secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"],"resourceSubscriptions":["note:///public"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public"]},"notifications":{"resourceSubscriptions":["note:///secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public"]},META},"params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}"#,
    // In other letters, for one who compares them.
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions\/l\u0069sten","params":{"notifications":{"resourceSubscr\u0069ptions":["note:///s\u0065cret","note:\/\/\/secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resource_subscriptions":["note:///secret"],"ResourceSubscriptions":["note:///secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["NOTE:///secret","note:///Secret","note:///x/../secret","note:///%73ecret","note:///secret#","note:///secret "]},META}}"#,
    // More than one message, or none that waits for an answer.
    r#"[{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public"]},META}},{"jsonrpc":"2.0","id":8,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}]"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}{"jsonrpc":"2.0","id":8,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///public"]},META}}"#,
    r#"{"jsonrpc":"2.0","method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}"#,
    r#"{"jsonrpc":"2.0","id":7,"result":{},"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["note:///secret"]},META}}"#,
];

/// The headers beside the plain form: which method and which revision they name, once or twice.
const HEADERS: [(&[&str], &[&str]); 9] = [
    (&["subscriptions/listen"], &[MODERN]),
    (&["subscriptions/listen", "tools/call"], &[MODERN]),
    (&["tools/call", "subscriptions/listen"], &[MODERN]),
    (&["tools/call"], &[MODERN]),
    (&["Subscriptions/Listen"], &[MODERN]),
    (&[], &[MODERN]),
    (&["subscriptions/listen"], &["2025-11-25"]),
    (&["subscriptions/listen"], &["2025-11-25", MODERN]),
    (&["subscriptions/listen"], &[]),
];

async fn sent(lab: &Lab, scopes: &str, methods: &[&str], revisions: &[&str], body: &str) -> Value {
    let mut headers = modern_headers("subscriptions/listen", None);
    for (name, values) in [("mcp-method", methods), ("mcp-protocol-version", revisions)] {
        headers.remove(name);
        for value in values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let request = lab.post(Some(&lab.token(scopes))).headers(headers);
    let body = body.replace("META", META);
    let (_, events) = hear(request.body(body), SHORT).await;
    let told = |event: &&Value| event["method"] == "notifications/subscriptions/acknowledged";
    let told = events.iter().find(told);
    told.map_or(Value::Null, |event| {
        event["params"]["notifications"].clone()
    })
}

fn names_a_secret(acknowledged: &Value) -> bool {
    acknowledged.to_string().to_lowercase().contains("ecret")
}

#[tokio::test]
async fn nothing_is_watched_by_being_read_in_two_ways() {
    let lab = lab().await;
    let plain = sent(&lab, "notes", HEADERS[0].0, HEADERS[0].1, PLAIN).await;
    assert_eq!(
        plain,
        json!({ "resourceSubscriptions": ["note:///public"] })
    );
    let admin = sent(&lab, "admin", HEADERS[0].0, HEADERS[0].1, PLAIN).await;
    assert!(names_a_secret(&admin), "{admin}");
    for body in BODIES {
        let told = sent(&lab, "notes", HEADERS[0].0, HEADERS[0].1, body).await;
        assert!(!names_a_secret(&told), "{body}: {told}");
    }
    for (methods, revisions) in HEADERS {
        let told = sent(&lab, "notes", methods, revisions, PLAIN).await;
        assert!(!names_a_secret(&told), "{methods:?} {revisions:?}: {told}");
    }
}
