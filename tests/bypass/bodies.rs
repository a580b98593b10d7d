//! Odd bodies: forms in which two readers could see two different requests.

use json::{Value, json};
use support::{Lab, MODERN, Reply, modern_headers};

use crate::lab;

/// What every request of 2026-07-28 says about itself.
const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// Bodies that call, or seem to call, `wipe`. `META` stands for the `_meta` member.
fn bodies() -> Vec<(&'static str, String)> {
    let cases = [
        (
            "plain",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "raw value key in params",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"$serde_json::private::RawValue":"{}","name":"wipe",META}}"#,
        ),
        (
            "raw value key on top",
            r#"{"$serde_json::private::RawValue":"{}","jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "arbitrary precision key",
            r#"{"$serde_json::private::Number":"1","jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "name twice, harmless first",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"wipe",META}}"#,
        ),
        (
            "name twice, harmless last",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","name":"echo",META}}"#,
        ),
        (
            "name twice, escaped",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\u0061me":"wipe",META}}"#,
        ),
        (
            "method twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "params twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",META},"params":{"name":"wipe",META}}"#,
        ),
        (
            "arguments twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":{},"arguments":{"a":1},META}}"#,
        ),
        (
            "escaped method and name",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools\/c\u0061ll","params":{"name":"w\u0069pe",META}}"#,
        ),
        (
            "batch",
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",META}},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wipe",META}}]"#,
        ),
        (
            "batch of one",
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe",META}}]"#,
        ),
        (
            "no id",
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "null id",
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "float id",
            r#"{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "object id",
            r#"{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "a result as well",
            r#"{"jsonrpc":"2.0","id":1,"result":{},"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "an error as well",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"},"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "positional params",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["wipe",{}]}"#,
        ),
        (
            "name in upper case",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"WIPE",META}}"#,
        ),
        (
            "name with a space",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe ",META}}"#,
        ),
        (
            "name with a NUL",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe\u0000",META}}"#,
        ),
        (
            "name in full width",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ｗｉｐｅ",META}}"#,
        ),
        (
            "name with a zero width joiner",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wi\u200dpe",META}}"#,
        ),
        (
            "name of another type",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["wipe"],META}}"#,
        ),
        (
            "name key in upper case",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"wipe",META}}"#,
        ),
        (
            "arguments of another type",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":[],META}}"#,
        ),
        (
            "method in another case",
            r#"{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"wipe",META}}"#,
        ),
        (
            "method with a space",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call ","params":{"name":"wipe",META}}"#,
        ),
        (
            "old task parameter",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","task":{"ttl":1},META}}"#,
        ),
        (
            "byte order mark",
            "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"wipe\",META}}",
        ),
        (
            "trailing bytes",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",META}}{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe",META}}"#,
        ),
        (
            "a number too large",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":{"x":1e999},META}}"#,
        ),
        (
            "lone surrogate",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe\ud800",META}}"#,
        ),
        (
            "scopes of one's own in _meta",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"scope":"admin","rs.mcp-authz/required-scopes":[]}}}"#,
        ),
    ];
    let mut bodies: Vec<(&str, String)> = cases
        .map(|(name, body)| (name, body.replace("META", META)))
        .into();
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" });
    let with = |arguments: &str| {
        let call = call.to_string();
        let params = format!(r#","params":{{"name":"wipe","arguments":{arguments},{META}}}}}"#);
        format!("{}{params}", call.trim_end_matches('}'))
    };
    bodies.push(("deep", with(&format!(r#"{{"x":{deep}}}"#))));
    bodies.push((
        "long",
        with(&format!(r#"{{"x":"{}"}}"#, "y".repeat(900_000))),
    ));
    bodies.push((
        "too long",
        with(&format!(r#"{{"x":"{}"}}"#, "y".repeat(1_200_000))),
    ));
    bodies
}

/// The ways in which a body can be sent: what the headers claim about it.
fn header_sets() -> Vec<(&'static str, http_client::header::HeaderMap)> {
    let mut lying = modern_headers("tools/list", None);
    lying.insert("mcp-name", "echo".parse().unwrap());
    vec![
        ("no version header", http_client::header::HeaderMap::new()),
        (
            "an older version",
            [("mcp-protocol-version", "2025-11-25")]
                .into_iter()
                .map(pair)
                .collect(),
        ),
        (
            "the oldest version",
            [("mcp-protocol-version", "2025-03-26")]
                .into_iter()
                .map(pair)
                .collect(),
        ),
        (
            "an unknown version",
            [("mcp-protocol-version", "1999-01-01")]
                .into_iter()
                .map(pair)
                .collect(),
        ),
        ("honest", modern_headers("tools/call", Some("wipe"))),
        ("another name", modern_headers("tools/call", Some("echo"))),
        ("another method", lying),
        (
            "another name without a version",
            [("mcp-method", "tools/call"), ("mcp-name", "echo")]
                .into_iter()
                .map(pair)
                .collect(),
        ),
    ]
}

fn pair(
    (name, value): (&'static str, &'static str),
) -> (
    http_client::header::HeaderName,
    http_client::header::HeaderValue,
) {
    (name.parse().unwrap(), value.parse().unwrap())
}

async fn send(
    lab: &Lab,
    token: &str,
    headers: http_client::header::HeaderMap,
    body: String,
) -> Reply {
    Reply::of(lab.post(Some(token)).headers(headers).body(body)).await
}

#[tokio::test]
async fn no_body_runs_a_tool_that_the_caller_may_not_call() {
    for json_replies in [true, false] {
        let lab = lab(json_replies).await;
        let token = lab.token("profile");
        for (body_name, body) in bodies() {
            for (headers_name, headers) in header_sets() {
                let reply = send(&lab, &token, headers, body.clone()).await;
                let case = format!("{body_name}, {headers_name}, json: {json_replies}: {reply:?}");
                assert_eq!(lab.ran.times(), 0, "it ran: {case}");
                assert!(!reply.status.is_server_error(), "{case}");
                assert!(!reply.body.contains("wiped"), "{case}");
            }
        }
    }
}

/// The same bodies by somebody who may: so that the test above fails for the right reason only.
#[tokio::test]
async fn the_well_formed_ones_among_them_do_call_it() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    let mut called = Vec::new();
    for (name, body) in bodies() {
        let before = lab.ran.times();
        send(
            &lab,
            &token,
            modern_headers("tools/call", Some("wipe")),
            body,
        )
        .await;
        if lab.ran.times() > before {
            called.push(name);
        }
    }
    for name in ["plain", "escaped method and name"] {
        assert!(
            called.contains(&name),
            "{name} is no call any more: {called:?}"
        );
    }
}

/// rmcp compares these headers with the body in the newest revision only; the gate never reads them.
#[tokio::test]
async fn a_header_that_names_a_harmless_tool_changes_nothing() {
    let lab = lab(true).await;
    let token = lab.token("profile");
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "wipe" } });
    for version in [None, Some("2025-11-25"), Some("2025-03-26")] {
        let mut request = lab.post(Some(&token)).header("mcp-name", "echo");
        if let Some(version) = version {
            request = request.header("mcp-protocol-version", version);
        }
        let reply = Reply::of(request.body(body.to_string())).await;
        assert_eq!(reply.status, 403, "{version:?}");
        assert!(
            reply.challenge().contains(r#"scope="admin""#),
            "{version:?}"
        );
    }
    let headers = modern_headers("tools/call", Some("echo"));
    let mut body: Value = body;
    body["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let reply = send(&lab, &token, headers, body.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.error_code()), (400, -32020));
    assert_eq!(lab.ran.times(), 0);
}
