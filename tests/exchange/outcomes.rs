//! Three outcomes, which must not be taken for each other: exchanged, refused, unavailable.

use std::time::{Duration, Instant};

use super::*;

const REFUSED: &str = "does not let this server act there";
const UNAVAILABLE: &str = "cannot be asked right now";
const JSON: &str = "application/json";

fn kind(kind: &str) -> Vec<(&'static str, String)> {
    vec![("content-type", kind.to_owned())]
}

/// What a provider says that gives what was asked for.
fn issued() -> Value {
    json!({
        "access_token": "a-token-for-the-calendar", "token_type": "Bearer", "expires_in": 60,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "scope": "calendar:read",
    })
}

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_nothing_else() {
    let world = World::start().await;
    for (status, code) in [
        (400, "invalid_request"),
        (400, "invalid_grant"),
        (400, "invalid_target"),
        (400, "invalid_scope"),
        (400, "unauthorized_client"),
        (400, "unsupported_grant_type"),
        (403, "access_denied"),
    ] {
        let body = json!({ "error": code, "error_description": "Alice is at 10.0.0.1" });
        world
            .relay
            .answers(TOKEN, status, kind(JSON), &body.to_string());
        let reply = world.lab.call(Some(&world.token()), "agenda").await;
        assert!(!reply.body.contains("10.0.0.1"), "{}", reply.body);
        assert!(reply.text().contains(code), "{}", reply.body);
        world.assert_failed(&reply, REFUSED, code);
    }
}

#[tokio::test]
async fn the_provider_refuses_what_is_not_the_server_s_or_is_over() {
    let world = World::start().await;
    let other = world.lab.token("calendar:read");
    let reply = world.lab.call(Some(&other), "agenda").await;
    world.assert_failed(&reply, "(invalid_request)", "for another resource");
    let revoked = world.token();
    world.revoke(&revoked).await;
    // A JWT is good here until it ends, and nowhere else.
    let reply = world.lab.call(Some(&revoked), "agenda").await;
    world.assert_failed(&reply, "(invalid_request)", "revoked");
}

#[tokio::test]
async fn less_than_was_asked_for_is_a_refusal() {
    let world = World::start().await;
    let mut body = issued();
    body["scope"] = json!("");
    world.relay.says(TOKEN, &body);
    let reply = world.lab.call(Some(&world.token()), "agenda").await;
    world.assert_failed(&reply, "(insufficient_scope)", "narrowed");
}

#[tokio::test]
async fn trouble_is_no_refusal_and_takes_no_token_along() {
    let world = World::start().await;
    let token = world.token();
    let elsewhere = vec![("location", world.relay.url("/elsewhere"))];
    let refusal = r#"{"error":"invalid_grant"}"#;
    let huge = format!(
        "{{\"error\":\"invalid_grant\",\"x\":\"{}\"}}",
        "x".repeat(5 << 20)
    );
    for (what, status, headers, body) in [
        ("broken", 500, kind(JSON), refusal),
        ("a proxy", 502, kind("text/html"), "<html>"),
        ("down", 503, kind(JSON), refusal),
        ("too many", 429, kind(JSON), refusal),
        ("not found", 404, kind(JSON), refusal),
        ("a wall", 403, kind("text/html"), "<html>"),
        (
            "a gateway",
            400,
            kind(JSON),
            r#"{"error":"Bad Request","status":400}"#,
        ),
        (
            "the token itself",
            400,
            kind(JSON),
            &format!(r#"{{"error":"{token}"}}"#),
        ),
        ("no JSON", 400, kind(JSON), "invalid_grant"),
        (
            "doubled",
            400,
            kind(JSON),
            r#"{"error":"invalid_grant","error":"x"}"#,
        ),
        ("huge", 400, kind(JSON), &huge),
        ("a redirect", 307, elsewhere, refusal),
        ("a sign-in page", 200, kind("text/html"), "<html>"),
        ("an odd success", 201, kind(JSON), &issued().to_string()),
    ] {
        world.relay.answers(TOKEN, status, headers, body);
        let reply = world.lab.call(Some(&token), "agenda").await;
        assert!(!reply.body.contains(&token), "{what}");
        world.assert_failed(&reply, UNAVAILABLE, what);
    }
    assert_eq!(world.relay.asked("/elsewhere"), 0);
    let later = vec![("retry-after", "17".to_owned())];
    world.relay.answers(TOKEN, 503, later, "");
    let reply = world.lab.call(Some(&token), "agenda").await;
    world.assert_failed(&reply, "try again in 17 s", "later");
    world.relay.forwards();
    assert_eq!(
        world.lab.call(Some(&token), "agenda").await.text(),
        "with Bob at ten"
    );
}

#[tokio::test]
async fn an_answer_that_says_more_or_something_else_than_was_asked_is_not_used() {
    let world = World::start().await;
    for (member, value) in [
        ("scope", json!("calendar:read calendar:write")),
        ("scope", json!(["calendar:read"])),
        ("token_type", json!("DPoP")),
        ("token_type", json!("N_A")),
        (
            "issued_token_type",
            json!("urn:ietf:params:oauth:token-type:refresh_token"),
        ),
        ("issued_token_type", Value::Null),
        ("access_token", json!("a b")),
        ("expires_in", json!("60")),
    ] {
        let mut body = issued();
        body[member] = value.clone();
        world.relay.says(TOKEN, &body);
        let reply = world.lab.call(Some(&world.token()), "agenda").await;
        world.assert_failed(&reply, UNAVAILABLE, &format!("{member} {value}"));
    }
    world.relay.says(TOKEN, &issued());
    world.lab.call(Some(&world.token()), "agenda").await;
    assert_eq!(world.arrived(), ["Bearer a-token-for-the-calendar"]);
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_refuses_nobody() {
    for auth in [
        ClientAuth::secret_basic("mcp-server", "wrong"),
        ClientAuth::secret_post("mcp-server", "wrong"),
        ClientAuth::secret_basic("nobody", SECRET),
    ] {
        let shown = format!("{auth:?}");
        let world = World::with(provider(RESOURCE), |issuer| issuer, auth, |server| server).await;
        let reply = world.lab.call(Some(&world.token()), "agenda").await;
        world.assert_failed(&reply, UNAVAILABLE, &shown);
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_waited_for_five_seconds() {
    let world = World::start().await;
    world.relay.open(false);
    let before = Instant::now();
    let reply = world.lab.call(Some(&world.token()), "agenda").await;
    world.assert_failed(&reply, UNAVAILABLE, "silent");
    assert!(before.elapsed() < Duration::from_secs(8));
}
