//! What userinfo adds to a token, and what it may decide where nothing else does.

use json::{Value, json};
use mcp_authz::danger::{self, UserinfoAlone};
use mcp_authz::{Issuer, Userinfo};
use support::{Lab, Relay};

use super::{
    INTROSPECT, USERINFO, asking_with, assert_refused, assert_unavailable, beside, provider,
    revoke, tools,
};

/// A server that asks about tokens, and adds what userinfo says.
async fn enriching(userinfo: Userinfo) -> (Lab, Relay) {
    let issuer = |relay: &Relay, issuer: Issuer| {
        let userinfo = userinfo.endpoint(relay.url(USERINFO));
        issuer
            .introspection(super::by(relay, super::auth()))
            .userinfo(userinfo)
    };
    beside(provider(), issuer, tools).await
}

const SCOPES: &str = "openid profile email";

async fn whoami(lab: &Lab, token: &str) -> Value {
    let reply = lab.call(Some(token), "whoami").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.message()["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn it_adds_what_the_person_agreed_to_share() {
    let (bare, _relay) = asking_with(|how| how, |issuer| issuer).await;
    let claims = whoami(&bare, &bare.opaque_token(SCOPES)).await;
    assert_eq!(claims, json!({ "sub": "alice" }));
    let (lab, relay) = enriching(Userinfo::new()).await;
    let token = lab.opaque_token(SCOPES);
    let claims = whoami(&lab, &token).await;
    assert_eq!(claims["email"], "alice@example.com");
    assert_eq!(claims["name"], "Alice Example");
    whoami(&lab, &token).await;
    assert_eq!((relay.asked(INTROSPECT), relay.asked(USERINFO)), (1, 1));
    let narrow = lab.opaque_token("openid email");
    assert_eq!(lab.call(Some(&narrow), "whoami").await.status, 403);
    let signed = lab.token(SCOPES);
    assert_eq!(whoami(&lab, &signed).await["email"], "alice@example.com");
    assert_eq!((relay.asked(INTROSPECT), relay.asked(USERINFO)), (2, 3));
}

#[tokio::test]
async fn it_decides_nothing() {
    let (lab, relay) = enriching(Userinfo::new()).await;
    let everything = json!({
        "sub": "alice", "email": "alice@example.com", "scope": "mail:send pay eu",
        "aud": lab.url, "active": true, "client_id": "smartmail", "cnf": { "jkt": "x" },
    });
    relay.says(USERINFO, &everything);
    let token = lab.opaque_token(SCOPES);
    assert_eq!(lab.call(Some(&token), "send_mail").await.status, 403);
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    let asked = relay.asked(USERINFO);
    let elsewhere = lab.mint("alice", "smartmail", SCOPES);
    let elsewhere = elsewhere.resource("https://other.example.com");
    for (what, token) in [
        (
            "over",
            lab.mint("alice", "smartmail", SCOPES).claim("exp", 1),
        ),
        ("elsewhere", elsewhere),
    ] {
        let token = token.opaque().unwrap();
        assert_refused(&lab.call(Some(&token), "hello").await, what);
    }
    assert_eq!((relay.asked(USERINFO), lab.ran.times()), (asked, 1));
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_refused() {
    for userinfo in [Userinfo::new(), Userinfo::new().optional()] {
        let (lab, relay) = enriching(userinfo).await;
        for answer in [
            json!({ "sub": "bob", "email": "bob@example.com" }),
            json!({ "email": "bob@example.com" }),
            json!({ "sub": ["alice"] }),
        ] {
            relay.says(USERINFO, &answer);
            for token in [lab.opaque_token(SCOPES), lab.token(SCOPES)] {
                let reply = lab.call(Some(&token), "whoami").await;
                assert_refused(&reply, &answer.to_string());
            }
        }
        assert_eq!(lab.ran.times(), 0);
    }
}

#[tokio::test]
async fn while_it_cannot_be_had_the_answer_is_503_unless_it_is_optional() {
    let (lab, relay) = enriching(Userinfo::new()).await;
    let (relaxed, optional) = enriching(Userinfo::new().optional()).await;
    let page = |kind: &str| vec![("content-type", kind.to_owned())];
    for (status, kind, body) in [
        (403, "application/json", r#"{"error":"insufficient_scope"}"#),
        (429, "application/json", "{}"),
        (500, "application/json", r#"{"sub":"alice"}"#),
        (503, "text/html", "<html>"),
        (200, "text/html", "<html>Sign in</html>"),
        (200, "text/html", r#"{"sub":"alice"}"#),
        (200, "application/json", "alice"),
        (302, "application/json", r#"{"sub":"alice"}"#),
    ] {
        relay.answers(USERINFO, status, page(kind), body);
        let reply = lab.call(Some(&lab.opaque_token(SCOPES)), "whoami").await;
        assert_unavailable(&reply, &format!("{status} {kind} {body}"));
        optional.answers(USERINFO, status, page(kind), body);
        let claims = whoami(&relaxed, &relaxed.opaque_token(SCOPES)).await;
        assert_eq!(claims, json!({ "sub": "alice" }));
    }
    assert_eq!(lab.ran.times(), 0);
    // It alone may say that a token is none.
    relay.answers(USERINFO, 401, Vec::new(), "");
    let token = lab.opaque_token(SCOPES);
    assert_refused(&lab.call(Some(&token), "whoami").await, "401");
    assert_eq!(lab.ran.times(), 0);
    relay.forwards();
    assert_eq!(
        whoami(&lab, &lab.opaque_token(SCOPES)).await["email"],
        "alice@example.com"
    );
}

/// A server to which userinfo is all there is.
async fn alone(how: UserinfoAlone) -> (Lab, Relay) {
    let issuer =
        |relay: &Relay, issuer: Issuer| issuer.opaque_tokens(how.endpoint(relay.url(USERINFO)));
    beside(provider(), issuer, tools).await
}

#[tokio::test]
async fn alone_it_grants_what_the_author_maps_and_nothing_that_the_token_says() {
    let how = danger::userinfo_alone()
        .scope_for_claim("name", "profile")
        .scope_for_claim("email", "email");
    let (lab, relay) = alone(how).await;
    let token = lab.opaque_token(&format!("{SCOPES} mail:send"));
    let claims = whoami(&lab, &token).await;
    assert_eq!(claims["email"], "alice@example.com");
    let reply = lab.call(Some(&token), "send_mail").await;
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert!(reply.challenge().contains(r#"scope="mail:send""#));
    assert_eq!((relay.asked(USERINFO), relay.asked(INTROSPECT)), (1, 0));
    let narrow = lab.opaque_token("openid email");
    assert_eq!(lab.call(Some(&narrow), "whoami").await.status, 403);
    assert_eq!(lab.ran.times(), 1);
    let (plain, relay) = alone(danger::userinfo_alone()).await;
    let known = json!({ "sub": "alice", "scope": "mail:send", "scp": ["mail:send"] });
    relay.says(USERINFO, &known);
    assert_eq!(plain.call(Some("x"), "send_mail").await.status, 403);
    assert_eq!(plain.call(Some("x"), "hello").await.text(), "hello alice");
    assert_eq!(plain.ran.times(), 1);
}

/// What its documentation warns of.
#[tokio::test]
async fn alone_it_takes_a_token_for_anybody() {
    let (lab, _relay) = alone(danger::userinfo_alone()).await;
    let mint = lab.provider.mint("alice").client("other").scopes("openid");
    let token = mint.resource("https://other.example.com").opaque();
    let reply = lab.call(Some(&token.unwrap()), "hello").await;
    assert_eq!(reply.text(), "hello alice");
    let signed = lab.provider.mint("alice").scopes("openid").sign().unwrap();
    assert_refused(&lab.call(Some(&signed), "hello").await, "a JWT");
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn alone_it_refuses_on_a_401_and_knows_nothing_otherwise() {
    let (lab, relay) = alone(danger::userinfo_alone()).await;
    let token = lab.opaque_token("openid");
    assert_eq!(lab.call(Some(&token), "hello").await.status, 200);
    revoke(&lab, &token).await;
    lab.token_cache
        .evict_subject(lab.provider.issuer(), "alice");
    assert_refused(&lab.call(Some(&token), "hello").await, "revoked");
    assert_refused(&lab.call(Some("invented"), "hello").await, "invented");
    let without_openid = lab.opaque_token("profile email");
    assert_unavailable(&lab.call(Some(&without_openid), "hello").await, "403");
    for (number, answer) in [json!({}), json!({ "sub": 7 }), json!({ "sub": "" })]
        .into_iter()
        .enumerate()
    {
        relay.says(USERINFO, &answer);
        let reply = lab.call(Some(&format!("nobody-{number}")), "hello").await;
        assert_refused(&reply, &answer.to_string());
    }
    relay.answers(USERINFO, 500, Vec::new(), "");
    assert_unavailable(&lab.call(Some("new"), "hello").await, "down");
    assert_eq!(lab.ran.times(), 1);
}
