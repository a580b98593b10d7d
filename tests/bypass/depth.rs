//! Documents that are deeper than they look. `serde_json` reads the text of one reserved member as a
//! document of its own, with a limit of its own to its depth; crates as common as axum turn that on.

use json::json;
use support::{Lab, MODERN, Reply, base64url, legacy_body, modern_headers};

use crate::lab;
use crate::raw::exchange;

/// The reserved member, and ways to write it.
const NAMES: [&str; 3] = [
    "$serde_json::private::RawValue",
    r"\u0024serde_json::private::RawValue",
    r"$serde\u005fjson:\u003aprivate::RawValu\u0065",
];

/// Documents within texts within documents, so that each level costs a few characters more than the one
/// around it and not twice as many: a quote in `level` texts is one escape.
fn deep(levels: usize, name: &str) -> String {
    const WITHIN: usize = 120;
    let quote = |level: usize| match level.checked_sub(1) {
        None => "\"".to_owned(),
        Some(more) => format!("\\{}u0022", "u005c".repeat(more)),
    };
    let (mut begin, mut end) = (String::new(), String::new());
    for level in 0..levels {
        let (name, quote) = (if level == 0 { name } else { NAMES[0] }, quote(level));
        // What is seen is no deeper than what is read anywhere.
        let within = if level == 0 { 5 } else { WITHIN };
        begin += &format!("{}{{{quote}{name}{quote}:{quote}", "[".repeat(within));
        end = format!("{quote}}}{}{end}", "]".repeat(within));
    }
    format!("{begin}0{end}")
}

async fn send(lab: &Lab, token: &str, arguments: &str) -> Reply {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{{"x":{arguments}}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    );
    let request = lab.post(Some(token));
    let request = request.headers(modern_headers("tools/call", Some("echo")));
    Reply::of(request.body(body)).await
}

/// Without the check the process of the server ends, and with it this test.
#[tokio::test]
async fn a_message_that_is_deeper_than_it_looks_ends_no_server() {
    for json_replies in [true, false] {
        let lab = lab(json_replies).await;
        let token = lab.token("profile");
        for name in NAMES {
            for levels in [1, 10, 250] {
                let reply = send(&lab, &token, &deep(levels, name)).await;
                let told = reply.message();
                assert_eq!(reply.status, 400, "{name}, {levels}: {reply:?}");
                assert_eq!(told["error"], "invalid_request", "{name}, {levels}");
                assert_eq!(reply.challenge(), "", "no token cures it");
            }
        }
        assert_eq!(lab.call(Some(&token), "echo").await.text(), "echo");
    }
}

/// It is refused by the piece that has it, whatever the pieces before say.
#[tokio::test]
async fn what_comes_before_it_does_not_run() {
    let lab = lab(true).await;
    let host = lab.origin.trim_start_matches("http://");
    let call = legacy_body("tools/call", json!({ "name": "wipe" }));
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        lab.token("admin")
    );
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let reserved = format!("\n{{\"{}\":\"1\"}}", NAMES[0]);
    for (more, ran) in [("", 1), (reserved.as_str(), 0)] {
        let more = if more.is_empty() {
            String::new()
        } else {
            chunk(more)
        };
        let request = format!("{head}{}{more}0\r\n\r\n", chunk(&call));
        let answer = exchange(&lab, request.as_bytes()).await;
        assert_eq!(lab.ran.reset(), ran, "{answer}");
    }
}

/// Before anybody is known to have sent it.
#[tokio::test]
async fn a_token_that_is_deeper_than_it_looks_ends_no_server() {
    let lab = lab(true).await;
    let good = lab.token("admin");
    let parts: Vec<&str> = good.split('.').collect();
    for name in NAMES {
        let deep = deep(20, name);
        let header = base64url(format!(r#"{{"alg":"ES256","typ":"at+jwt","x":{deep}}}"#));
        let claims = base64url(format!(
            r#"{{"iss":"{}","x":{deep}}}"#,
            lab.provider.issuer()
        ));
        for token in [
            format!("{header}.{}.{}", parts[1], parts[2]),
            format!("{}.{claims}.{}", parts[0], parts[2]),
        ] {
            let reply = lab.call(Some(&token), "wipe").await;
            assert_eq!(reply.status, 401, "{name}: {reply:?}");
        }
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(lab.call(Some(&good), "wipe").await.text(), "wiped");
}

/// Lists and objects that are nearly empty take many times their bytes.
#[tokio::test]
async fn a_message_of_nothing_but_small_objects_is_not_read() {
    let lab = lab(true).await;
    let token = lab.token("profile");
    let many = |unit: &str, bytes: usize| {
        let units = unit.repeat(bytes / unit.len());
        format!("[{}]", units.trim_end_matches(','))
    };
    for (unit, bytes, status) in [
        (r#"{"":0},"#, 1_000_000, 400),
        ("[[[[0]]]],", 1_000_000, 400),
        (r#"{"id":1234,"name":"Alice Example"},"#, 1_000_000, 200),
        ("0,", 1_000_000, 200),
        (r#"{"":0},"#, 200_000, 200),
        (r#""{[,{[,{[,{[,{[,{[,{[,","#, 1_000_000, 200),
    ] {
        let reply = send(&lab, &token, &many(unit, bytes)).await;
        assert_eq!(reply.status, status, "{unit} {bytes}: {reply:?}");
    }
}
