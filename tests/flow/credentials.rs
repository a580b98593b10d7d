//! Stages 1 and 2: what is presented, and what becomes of it.

use http_client::Method;
use http_client::header::AUTHORIZATION;
use json::json;
use support::{Lab, Reply, modern_body, modern_headers};

use crate::{lab, lab_with};

#[tokio::test]
async fn every_way_of_presenting_nothing_is_a_401_without_an_error() {
    let lab = lab().await;
    for header in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Basic YTpi"),
    ] {
        let mut request = call(&lab);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 401, "{header:?}");
        assert!(
            !reply.challenge().contains("error"),
            "{header:?}: {}",
            reply.challenge()
        );
        assert!(
            reply.challenge().contains(r#"scope="profile email""#),
            "{}",
            reply.challenge()
        );
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn two_credentials_in_one_request_are_never_guessed_between() {
    let lab = lab().await;
    let good = format!("Bearer {}", lab.token("profile email"));
    let doubled = call(&lab)
        .header(AUTHORIZATION, &good)
        .header(AUTHORIZATION, &good);
    let mixed = call(&lab)
        .header(AUTHORIZATION, &good)
        .header(AUTHORIZATION, "Basic YTpi");
    let in_query = call(&lab)
        .header(AUTHORIZATION, &good)
        .query(&[("access_token", "x")]);
    for request in [doubled, mixed, in_query] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 400);
        assert!(
            reply.challenge().contains(r#"error="invalid_request""#),
            "{}",
            reply.challenge()
        );
    }
    let alone = lab.token("profile email");
    let reply = Reply::of(call(&lab).query(&[("access_token", alone)])).await;
    assert_eq!(reply.status, 401);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_token_that_is_not_good_here_is_a_401_whatever_is_wrong_with_it() {
    let lab = lab().await;
    let mint = || {
        lab.provider
            .mint("alice")
            .client("smartmail")
            .scopes("profile email")
    };
    let elsewhere = mint()
        .resource("https://other.example.com/mcp")
        .sign()
        .unwrap();
    let prefix = mint().resource(format!("{}2", lab.url)).sign().unwrap();
    let origin = mint().resource(&lab.origin).sign().unwrap();
    let bound = mint()
        .resource(&lab.url)
        .claim("cnf", json!({ "jkt": "x" }))
        .sign()
        .unwrap();
    let mut tampered = lab.token("profile email");
    tampered.replace_range(tampered.len() - 6.., "AAAAAA");
    let oversized = "a".repeat(20 * 1024);
    let mut bodies = Vec::new();
    for token in [
        "opaque", "a.b.c", "e30.e30.", &elsewhere, &prefix, &origin, &bound, &tampered, &oversized,
    ] {
        let reply = lab.call(Some(token), "whoami").await;
        assert_eq!(reply.status, 401, "{token}");
        assert!(
            reply.challenge().contains(r#"error="invalid_token""#),
            "{}",
            reply.challenge()
        );
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the answer says why: {bodies:?}");
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn every_method_of_the_endpoint_wants_a_token() {
    let lab = lab().await;
    for method in [
        Method::GET,
        Method::DELETE,
        Method::POST,
        Method::PUT,
        Method::HEAD,
    ] {
        let reply = Reply::of(lab.request(method.clone(), None)).await;
        assert_eq!(reply.status, 401, "{method}");
    }
    let garbage = lab.post(None).body("{ this is not JSON");
    assert_eq!(
        Reply::of(garbage).await.status,
        401,
        "nothing of the body is looked at"
    );
    let token = lab.token("profile email");
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let reply = Reply::of(lab.request(method.clone(), Some(&token))).await;
        assert_eq!(reply.status, 405, "{method}");
    }
}

#[tokio::test]
async fn an_outage_of_the_authorization_server_is_a_503_without_a_challenge() {
    let lab = lab_with(|server| server.issuer("http://127.0.0.1:1")).await;
    let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#;
    let issuer = "http://127.0.0.1:1";
    let claims = json!({ "iss": issuer, "sub": "a", "aud": lab.url, "exp": 9_999_999_999u64 });
    let token = format!(
        "{}.{}.c2ln",
        base64url(header),
        base64url(&claims.to_string())
    );
    let reply = lab.call(Some(&token), "whoami").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.challenge(), "");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    let reply = lab.call(Some(&lab.token("profile email")), "whoami").await;
    assert_eq!(reply.status, 200, "the other issuer is not affected");
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn a_foreign_host_or_page_learns_nothing() {
    let lab = lab().await;
    let token = lab.token("profile email");
    let foreign_host = call(&lab)
        .bearer_auth(&token)
        .header("host", "evil.example.com");
    let foreign_page = call(&lab)
        .bearer_auth(&token)
        .header("origin", "https://evil.example.com");
    for request in [foreign_host, foreign_page] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 403);
        assert_eq!(reply.challenge(), "", "no consent could cure it");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn the_claims_that_come_out_are_the_consented_ones() {
    let lab = lab().await;
    let token = lab
        .provider
        .mint("alice")
        .client("smartmail")
        .resource(&lab.url);
    let token = token
        .scopes("profile email")
        .claim("phone_number", "+1")
        .sign()
        .unwrap();
    let claims = lab.call(Some(&token), "whoami").await.message();
    let claims = &claims["result"]["structuredContent"];
    assert_eq!(claims["email"], "alice@example.com");
    assert_eq!(claims["sub"], "alice");
    assert!(
        claims["phone_number"].is_null(),
        "not consented to: {claims}"
    );
    assert!(
        claims["exp"].is_null() && claims["iss"].is_null(),
        "no identity claim: {claims}"
    );
}

fn call(lab: &Lab) -> http_client::RequestBuilder {
    let body = modern_body("tools/call", json!({ "name": "whoami", "arguments": {} }));
    lab.post(None)
        .headers(modern_headers("tools/call", Some("whoami")))
        .body(body)
}

/// Without padding, for a token that nobody signed.
fn base64url(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            out.push(char::from(
                ALPHABET[(bits >> (18 - 6 * index) & 63) as usize],
            ));
        }
    }
    out
}
