//! Every form in which a token can arrive, byte for byte (RFC 6750 §2, RFC 9110 §11). The token is
//! good and may call `wipe`, so that whatever is accepted shows in the counter.

use http_client::{Client, Version};
use json::json;
use support::{Lab, Reply, modern_body, modern_headers};

use crate::lab;
use crate::raw::{call, exchange, status};

async fn send(lab: &Lab, lines: &[u8]) -> String {
    exchange(lab, &call(lab, "POST", "/mcp", lines)).await
}

/// Replaces `TOKEN` in a line, which need not be text.
fn with(line: &[u8], token: &str) -> Vec<u8> {
    match line.windows(5).position(|part| part == b"TOKEN") {
        Some(at) => [&line[..at], token.as_bytes(), &with(&line[at + 5..], token)].concat(),
        None => line.to_vec(),
    }
}

/// No credentials for this server.
const NOTHING: &[&[u8]] = &[
    b"",
    b"Authorization:\r\n",
    b"Authorization: \r\n",
    b"Authorization: Bearer\r\n",
    b"Authorization: Bearer \r\n",
    b"Authorization: Bearer     \r\n",
    b"Authorization: TOKEN\r\n",
    b"Authorization: Token TOKEN\r\n",
    b"Authorization: Basic TOKEN\r\n",
    b"Authorization: Negotiate TOKEN\r\n",
    b"Authorization: DPoP TOKEN\r\n",
    b"Authorization: B\xc3\xa9arer TOKEN\r\n",
    b"X-Forwarded-Authorization: Bearer TOKEN\r\n",
    b"Proxy-Authorization: Bearer TOKEN\r\n",
    b"Cookie: access_token=TOKEN\r\n",
];

/// More than one way or value, or a form that no grammar allows.
const MALFORMED: &[&[u8]] = &[
    b"Authorization: Bearer\tTOKEN\r\n",
    b"Authorization: Bearer TOKEN TOKEN\r\n",
    b"Authorization: Bearer TOKEN,TOKEN\r\n",
    b"Authorization: Bearer TOKEN, Bearer TOKEN\r\n",
    b"Authorization: Bearer \"TOKEN\"\r\n",
    b"Authorization: Bearer token=TOKEN\r\n",
    b"Authorization: Bearer=TOKEN\r\n",
    b"Authorization: Bearer, TOKEN\r\n",
    b"Authorization: Basic YTpi, Bearer TOKEN\r\n",
    b"Authorization: Bearer \xc3\xa9\r\n",
    b"Authorization: Bearer TOKEN\xff\r\n",
    b"Authorization: \xffBearer TOKEN\r\n",
    b"Authorization: Bearer TOKEN\r\nAuthorization: Bearer TOKEN\r\n",
    b"Authorization: Bearer TOKEN\r\nauthorization: Bearer x\r\n",
    b"Authorization: Basic YTpi\r\nAuthorization: Bearer TOKEN\r\n",
    b"Authorization:\r\nAuthorization: Bearer TOKEN\r\n",
];

#[tokio::test]
async fn one_token_in_one_header_and_nothing_else() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    for (expected, error, lines) in [
        (401, None, NOTHING),
        (400, Some("invalid_request"), MALFORMED),
    ] {
        for line in lines {
            let shown = String::from_utf8_lossy(line);
            let answer = send(&lab, &with(line, &token)).await;
            assert_eq!(status(&answer), expected, "{shown}: {answer}");
            assert!(answer.contains("www-authenticate: Bearer "), "{shown}");
            let said = answer.contains("error=\"");
            assert_eq!(said, error.is_some(), "{shown}: {answer}");
            assert!(answer.contains(error.unwrap_or_default()), "{shown}");
            assert!(!answer.contains(&token), "{shown}: reflected");
            assert_eq!(lab.ran.times(), 0, "{shown}: it ran");
        }
    }
}

/// What no header may hold ends in the HTTP library, without a challenge that could carry it.
#[tokio::test]
async fn bytes_that_are_no_header_get_no_further() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    for line in [
        b"Authorization: Bearer TOKEN\x00\r\n".as_slice(),
        b"Authorization: Bearer \x01TOKEN\r\n",
        b"Authorization: Bearer TOKEN\x7f\r\n",
        b"Authorization: Bearer\r\n TOKEN\r\n",
        b"Authorization : Bearer TOKEN\r\n",
        b" Authorization: Bearer TOKEN\r\n",
        b"Authorization: Bearer x\rAuthorization: Bearer TOKEN\r\n",
    ] {
        let answer = send(&lab, &with(line, &token)).await;
        let shown = String::from_utf8_lossy(line);
        assert_eq!(status(&answer), 400, "{shown}: {answer}");
        assert!(!answer.contains("www-authenticate"), "{shown}: {answer}");
    }
    for (bytes, expected) in [(17 * 1024, 401), (1024 * 1024, 431)] {
        let line = format!("Authorization: Bearer {}\r\n", "a".repeat(bytes));
        let answer = send(&lab, line.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{bytes}");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn what_the_grammar_allows_is_read() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    for (count, line) in [
        b"Authorization: Bearer TOKEN\r\n".as_slice(),
        b"Authorization: bearer TOKEN\r\n",
        b"authorization: BEARER TOKEN\r\n",
        b"AUTHORIZATION: BeArEr TOKEN\r\n",
        b"Authorization: Bearer  TOKEN\r\n",
        b"Authorization:Bearer TOKEN\r\n",
        b"Authorization: \t Bearer TOKEN \t \r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let answer = send(&lab, &with(line, &token)).await;
        let shown = String::from_utf8_lossy(line);
        assert_eq!(status(&answer), 200, "{shown}: {answer}");
        assert_eq!(lab.ran.times(), count + 1, "{shown}");
    }
}

/// RFC 6750 §2.3, which OAuth 2.1 §5.1 took out: no token in a query, or in a form.
#[tokio::test]
async fn a_token_in_another_place_is_not_read() {
    let lab = lab(true).await;
    let token = lab.token("admin");
    let header = format!("Authorization: Bearer {token}\r\n");
    for key in ["access_token", "access%5Ftoken", "%61ccess_token"] {
        let target = format!("/mcp?{key}={token}");
        let alone = exchange(&lab, &call(&lab, "POST", &target, b"")).await;
        assert_eq!(status(&alone), 401, "{key}");
        assert!(!alone.contains("error=\""), "{key}: {alone}");
        let both = exchange(&lab, &call(&lab, "POST", &target, header.as_bytes())).await;
        assert_eq!(status(&both), 400, "{key}");
        assert!(both.contains("invalid_request"), "{key}: {both}");
        assert!(!(alone + &both).contains(&token), "{key}: reflected");
    }
    let form = [("access_token", token.as_str())];
    let form = Reply::of(lab.http.post(&lab.url).form(&form)).await;
    assert_eq!(form.status, 401);
    assert_eq!(lab.ran.times(), 0);
}

/// HTTP/2 has a field for each value; two of them are two, and not one that was split.
#[tokio::test]
async fn over_http2_two_values_are_two() {
    let lab = lab(true).await;
    let client = Client::builder().http2_prior_knowledge().no_proxy();
    let client = client.build().unwrap();
    let token = lab.token("admin");
    let (start, end) = token.split_at(token.len() / 2);
    let request = |values: &[&str]| {
        let request = client
            .post(&lab.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .headers(modern_headers("tools/call", Some("wipe")))
            .body(modern_body("tools/call", json!({ "name": "wipe" })));
        values.iter().fold(request, |request, value| {
            request.header("authorization", *value)
        })
    };
    let whole = format!("Bearer {token}");
    for values in [
        [format!("Bearer {start}").as_str(), end],
        [&whole, &whole],
        [&whole, ""],
    ] {
        let reply = Reply::of(request(&values)).await;
        assert_eq!(reply.status, 400, "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
    let response = request(&[&whole]).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert!(response.text().await.unwrap().contains("wiped"));
    assert_eq!(lab.ran.times(), 1);
}
