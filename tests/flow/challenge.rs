//! Stage 6: what a refusal says, and that it is the same for everybody who may hear it.

use http_client::Method;
use json::{Value, json};
use support::{Reply, legacy_body};

use crate::{lab, open_lab};

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_all_of_the_operation() {
    let lab = lab().await;
    let token = lab.token("email");
    let reply = lab.call(Some(&token), "whoami").await;
    assert_eq!(reply.status, 403);
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", lab.origin);
    let expected = format!(
        r#"Bearer error="insufficient_scope", scope="profile email", resource_metadata="{metadata}", error_description="#
    );
    assert!(
        reply.challenge().starts_with(&expected),
        "{}",
        reply.challenge()
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json");
    let body: Value = json::from_str(&reply.body).unwrap();
    assert_eq!(body["error"], "insufficient_scope");
    let again = lab.call(Some(&token), "whoami").await;
    assert_eq!(again.challenge(), reply.challenge(), "deterministic");
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn after_the_challenge_was_followed_the_call_runs() {
    let lab = lab().await;
    let narrow = lab.token("profile email");
    assert_eq!(lab.call(Some(&narrow), "send_mail").await.status, 403);
    let wide = lab.token("profile email mail:send");
    let reply = lab.call(Some(&wide), "send_mail").await;
    assert_eq!(
        (reply.status.as_u16(), reply.text().as_str()),
        (200, "sent")
    );
    assert_eq!(
        lab.call(Some(&narrow), "send_mail").await.status,
        403,
        "only for that token"
    );
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn of_an_any_of_the_cheapest_branch_is_asked_for() {
    let lab = lab().await;
    for (granted, asked) in [("", "pay eu"), ("us", "pay us"), ("pay", "pay eu")] {
        let reply = lab.call(Some(&lab.token(granted)), "pay").await;
        assert_eq!(reply.status, 403, "{granted}");
        let scope = format!(r#"scope="{asked}""#);
        assert!(
            reply.challenge().contains(&scope),
            "{granted}: {}",
            reply.challenge()
        );
    }
    assert_eq!(
        lab.call(Some(&lab.token("us pay")), "pay").await.text(),
        "paid"
    );
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn a_scope_is_compared_byte_for_byte() {
    let lab = lab().await;
    for scopes in ["MAIL:SEND", "mail", "mail:send2", "mail:*", ""] {
        assert_eq!(
            lab.call(Some(&lab.token(scopes)), "send_mail").await.status,
            403,
            "{scopes:?}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_panic_is_a_500_for_that_request_alone() {
    let lab = lab().await;
    let token = lab.token("");
    let modern = lab.call(Some(&token), "broken").await;
    let legacy = lab.call_legacy(Some(&token), "broken").await;
    for reply in [modern, legacy] {
        assert_eq!(reply.status, 500);
        assert_eq!(reply.challenge(), "");
        assert!(
            !reply.body.contains("this tool is broken"),
            "{}",
            reply.body
        );
    }
    assert_eq!(lab.call(Some(&token), "hello").await.text(), "hello alice");
}

#[tokio::test]
async fn an_unknown_tool_is_the_protocols_own_answer_without_a_challenge() {
    let lab = lab().await;
    let reply = lab.call(Some(&lab.token("")), "nothing").await;
    assert_eq!((reply.status.as_u16(), reply.error_code()), (200, -32602));
    assert_eq!(reply.challenge(), "");
}

#[tokio::test]
async fn an_allowed_page_can_read_the_challenge() {
    let lab = lab().await;
    let request = lab
        .post(None)
        .header("origin", "http://localhost:6274")
        .body("{}");
    let reply = Reply::of(request).await;
    assert_eq!(reply.status, 401);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "http://localhost:6274"
    );
    assert!(
        reply
            .header("access-control-expose-headers")
            .contains("www-authenticate")
    );

    let preflight = lab
        .request(Method::OPTIONS, None)
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,mcp-param-region",
        );
    let reply = Reply::of(preflight).await;
    assert!(reply.status.is_success(), "{}", reply.status);
    assert_eq!(
        reply.header("access-control-allow-headers"),
        "authorization,mcp-param-region"
    );
    assert!(
        reply
            .header("access-control-allow-methods")
            .contains("POST")
    );

    let foreign = lab
        .request(Method::OPTIONS, None)
        .header("origin", "https://evil.test");
    assert_eq!(
        Reply::of(foreign)
            .await
            .header("access-control-allow-origin"),
        ""
    );
}

#[tokio::test]
async fn without_a_token_only_what_is_for_everybody_runs() {
    let lab = open_lab().await;
    assert_eq!(lab.call(None, "weather").await.text(), "sunny");
    assert_eq!(
        lab.call(Some(&lab.token("")), "weather").await.text(),
        "sunny, alice"
    );
    assert_eq!(lab.ran.times(), 2);

    let reply = lab.call(None, "send_mail").await;
    assert_eq!(reply.status, 401);
    assert!(
        reply.challenge().contains(r#"scope="mail:send""#),
        "{}",
        reply.challenge()
    );
    assert!(
        !reply.challenge().contains("error"),
        "{}",
        reply.challenge()
    );
    assert_eq!(lab.call(None, "hello").await.status, 401);
    assert_eq!(
        lab.call(Some("bad"), "weather").await.status,
        401,
        "a bad token is not none"
    );
    let query = lab.post(None).query(&[("access_token", "x")]);
    let body = legacy_body("tools/call", json!({ "name": "weather" }));
    assert_eq!(Reply::of(query.body(body.clone())).await.status, 401);
    for header in ["", "Bearer", "Basic YTpi", "DPoP eyJ.x.y"] {
        let request = lab.post(None).header("authorization", header);
        let reply = Reply::of(request.body(body.clone())).await;
        assert_eq!(reply.status, 401, "{header:?} is not none either");
    }
    assert_eq!(lab.call(None, "nothing").await.error_code(), -32602);
    assert_eq!(lab.ran.times(), 2);
}
