//! What introspection answers, and what becomes of the token.

use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::opaque_support::{INTROSPECT, TOKEN, TROUBLE, auth, introspecting, introspecting_with};
use super::support::{Fixture, RESOURCE, assert_unavailable, refusal, seconds};
use crate::clock::Clock as _;
use crate::danger;
use crate::token::{Introspection, VerifyError};

#[tokio::test]
async fn an_active_token_becomes_its_caller() {
    let it = introspecting().await;
    let caller = it.verify(TOKEN).await.unwrap();
    assert_eq!(caller.issuer(), it.issuer.identifier);
    assert_eq!(caller.subject(), Some("alice"));
    assert_eq!(caller.client_id(), Some("smartmail"));
    assert_eq!(caller.audience(), [RESOURCE]);
    assert_eq!(caller.scopes().to_string(), "profile email");
    assert_eq!(seconds(caller.expires_at().unwrap()), it.seconds(7200));
    assert!(!caller.claims().contains_key("active"));
    let asked = it.issuer.last(INTROSPECT);
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.headers["accept"], "application/json");
    assert_eq!(
        asked.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        asked.body,
        "token=opaque-token&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn answers_that_refuse_the_token() {
    let it = introspecting().await;
    let later = json!(it.seconds(61));
    let rows: &[(&str, Option<Value>, &str)] = &[
        ("active", None, "introspection: not active"),
        ("active", Some(json!(false)), "introspection: not active"),
        ("active", Some(json!("true")), "introspection: not active"),
        ("active", Some(json!(1)), "introspection: not active"),
        ("active", Some(json!([true])), "introspection: not active"),
        ("active", Some(Value::Null), "introspection: not active"),
        ("exp", Some(json!(it.seconds(-60))), "exp: expired"),
        ("exp", Some(json!("9999999999")), "exp: not a date"),
        ("exp", Some(json!(-1)), "exp: not a date"),
        ("exp", Some(Value::Null), "exp: not a date"),
        ("nbf", Some(later.clone()), "nbf, iat: in the future"),
        ("iat", Some(later), "nbf, iat: in the future"),
        ("iat", Some(json!(it.seconds(7300))), "nbf, iat"),
        ("aud", None, "aud: missing"),
        ("aud", Some(Value::Null), "aud: neither"),
        ("aud", Some(json!([])), "aud: issued for another"),
        ("aud", Some(json!("")), "aud: issued for another"),
        ("aud", Some(json!("smartmail")), "aud: issued for another"),
        (
            "aud",
            Some(json!(format!("{RESOURCE}/"))),
            "aud: issued for another",
        ),
        ("aud", Some(json!([RESOURCE, 1])), "aud: not strings"),
        (
            "iss",
            Some(json!("https://elsewhere.example.com")),
            "introspection: iss",
        ),
        (
            "iss",
            Some(json!([it.issuer.identifier])),
            "introspection: iss",
        ),
        ("iss", Some(Value::Null), "introspection: iss"),
        ("sub", Some(json!(7)), "sub: not a plain"),
        ("sub", Some(json!("")), "sub: not a plain"),
        (
            "client_id",
            Some(json!(["smartmail"])),
            "client_id: not a plain",
        ),
        (
            "token_type",
            Some(json!("refresh_token")),
            "introspection: not a bearer",
        ),
        (
            "token_type",
            Some(json!("N_A")),
            "introspection: not a bearer",
        ),
        (
            "token_type",
            Some(json!("DPoP")),
            "introspection: not a bearer",
        ),
        ("token_type", Some(json!(1)), "introspection: not a bearer"),
        (
            "token_use",
            Some(json!("id")),
            "introspection: not a bearer",
        ),
        (
            "token_use",
            Some(json!("refresh_token")),
            "introspection: not a bearer",
        ),
        ("typ", Some(json!("Refresh")), "introspection: not a bearer"),
        ("typ", Some(json!("ID")), "introspection: not a bearer"),
        ("at_hash", Some(json!("x")), "introspection: an ID"),
        ("events", Some(json!({})), "introspection: an ID"),
        (
            "cnf",
            Some(json!({"x5t#S256": "x"})),
            "cnf: a sender-constrained",
        ),
        ("cnf", Some(Value::Null), "cnf: a sender-constrained"),
    ];
    for (index, (name, value, reason)) in rows.iter().enumerate() {
        it.says(&it.active_with(name, value));
        let what = format!("{name}: {value:?}");
        let refused = refusal(&what, it.verify(&format!("{TOKEN}-{index}")).await);
        assert!(refused.starts_with(reason), "{what}: {refused}");
        assert!(it.cached(&format!("{TOKEN}-{index}")).is_none());
    }
    it.issuer.typed(INTROSPECT, 200, "application/json", "{}");
    refusal("{}", it.verify("nothing").await);
    let mut nobody = it.active();
    nobody.remove("sub");
    nobody.remove("client_id");
    it.says(&nobody);
    assert!(refusal("nobody", it.verify("nobody").await).starts_with("sub, client_id"));
}

#[tokio::test]
async fn answers_that_the_standards_allow() {
    let it = introspecting().await;
    for (index, (name, value)) in [
        ("exp", None),
        ("iat", None),
        ("iss", None),
        ("token_type", None),
        ("token_type", Some(json!("bearer"))),
        ("token_type", Some(json!("access_token"))),
        ("token_use", Some(json!("access_token"))),
        ("typ", Some(json!("Bearer"))),
        ("aud", Some(json!(["https://other.example.com", RESOURCE]))),
        ("sub", None),
        ("client_id", None),
        ("username", Some(json!("Alice"))),
        ("exp", Some(json!(it.seconds(-59)))),
        ("nbf", Some(json!(it.seconds(60)))),
    ]
    .into_iter()
    .enumerate()
    {
        it.says(&it.active_with(name, &value));
        let outcome = it.verify(&format!("{TOKEN}-{index}")).await;
        assert!(outcome.is_ok(), "{name}: {value:?}: {outcome:?}");
    }
    for (index, (value, scopes)) in [
        (None, ""),
        (Some(json!("")), ""),
        (Some(json!(["profile"])), ""),
        (Some(json!("a  b")), "a b"),
    ]
    .into_iter()
    .enumerate()
    {
        it.says(&it.active_with("scope", &value));
        let caller = it.verify(&format!("scoped-{index}")).await.unwrap();
        assert_eq!(caller.scopes().to_string(), scopes, "{value:?}");
    }
}

#[tokio::test]
async fn trouble_at_the_endpoint_is_no_word_about_the_token() {
    let it = introspecting().await;
    for (status, kind, body) in TROUBLE {
        it.issuer.typed(INTROSPECT, status, kind, body);
        assert_unavailable(it.verify(TOKEN).await);
    }
    // Our own credentials are wrong: everybody would be logged out.
    it.issuer.typed(
        INTROSPECT,
        401,
        "application/json",
        r#"{"error":"invalid_client"}"#,
    );
    assert_unavailable(it.verify(TOKEN).await);
    let huge = format!(r#"{{"active":true,"x":"{}"}}"#, "x".repeat(5 << 20));
    it.issuer.typed(INTROSPECT, 200, "application/json", &huge);
    assert_unavailable(it.verify(TOKEN).await);
    it.issuer.page(INTROSPECT, 200, r#"{"active":true}"#);
    assert_unavailable(it.verify(TOKEN).await);
    it.issuer.down(true);
    assert_unavailable(it.verify(TOKEN).await);
    it.issuer.down(false);
    it.says(&it.active());
    assert!(
        it.verify(TOKEN).await.is_ok(),
        "nothing of it was remembered"
    );
}

#[tokio::test]
async fn a_redirect_takes_neither_token_nor_secret_along() {
    let it = introspecting().await;
    it.issuer.redirect(INTROSPECT, "/elsewhere");
    assert_unavailable(it.verify(TOKEN).await);
    assert_eq!(it.asked("/elsewhere"), 0);
}

#[tokio::test]
async fn the_endpoint_may_say_when_to_come_back() {
    let it = introspecting().await;
    let after = vec![(RETRY_AFTER, "17".to_owned())];
    it.issuer.put(INTROSPECT, 429, "", after);
    match it.verify(TOKEN).await {
        Err(VerifyError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after, Duration::from_secs(17));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_adds_no_member_to_the_question() {
    let it = introspecting().await;
    for token in [
        "x&token_type_hint=refresh_token",
        "x\tEvil: 1",
        "x=y;&client_id=other",
        "é+ %26",
    ] {
        it.verify(token).await.unwrap();
        let asked = it.issuer.last(INTROSPECT);
        let pairs: Vec<_> = url::form_urlencoded::parse(asked.body.as_bytes()).collect();
        assert_eq!(pairs.len(), 2, "{}", asked.body);
        assert_eq!(pairs[0], ("token".into(), token.into()));
        assert!(!asked.headers.contains_key("evil"));
    }
}

#[tokio::test]
async fn clients_stand_in_for_a_missing_audience_and_for_no_wrong_one() {
    let listed = danger::without_audience(["smartmail"]);
    let it = introspecting_with(|how| how, |issuer| issuer.opaque_tokens(listed)).await;
    let mut answer = it.active_with("aud", &None);
    it.says(&answer);
    let caller = it.verify("listed").await.unwrap();
    assert!(caller.audience().is_empty());
    for (index, client) in [
        Some(json!("other")),
        Some(json!("Smartmail")),
        Some(json!(["smartmail"])),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        answer.remove("client_id");
        if let Some(client) = client.clone() {
            answer.insert("client_id".to_owned(), client);
        }
        it.says(&answer);
        refusal(
            &format!("{client:?}"),
            it.verify(&format!("client-{index}")).await,
        );
    }
    for (index, aud) in [json!("other"), json!([]), Value::Null]
        .into_iter()
        .enumerate()
    {
        it.says(&it.active_with("aud", &Some(aud.clone())));
        refusal(&aud.to_string(), it.verify(&format!("aud-{index}")).await);
    }
    it.says(&it.active());
    assert!(it.verify("with the right audience").await.is_ok());
}

/// What oidc-provider says of a refresh token: RFC 6749 §5.1 gives a type to access tokens alone.
#[tokio::test]
async fn without_an_audience_something_else_must_say_that_it_is_an_access_token() {
    let listed = danger::without_audience(["smartmail"]);
    let it = introspecting_with(|how| how, |issuer| issuer.opaque_tokens(listed)).await;
    let mut answer = it.active_with("aud", &None);
    answer.remove("token_type");
    it.says(&answer);
    refusal("a refresh token", it.verify("refresh-token").await);
    for (name, kind) in [("token_use", "access_token"), ("typ", "Bearer")] {
        let mut answer = answer.clone();
        answer.insert(name.to_owned(), json!(kind));
        it.says(&answer);
        assert!(it.verify(name).await.is_ok(), "{name}");
    }
    it.says(&it.active_with("token_type", &None));
    assert!(it.verify("for this server").await.is_ok());
}

/// A signed answer (RFC 9701) with `claims` instead of the usual ones.
fn reply(it: &Fixture, changes: &[(&str, Value)]) -> Value {
    let mut claims = json!({
        "iss": it.issuer.identifier, "aud": "mcp-server", "iat": it.seconds(0),
        "token_introspection": it.active(),
    });
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    claims
}

const REPLY: &str = "token-introspection+jwt";

#[tokio::test]
async fn signed_answers_are_verified_and_no_others_taken() {
    let it = introspecting_with(Introspection::signed_replies, |issuer| issuer).await;
    assert_unavailable(it.verify(TOKEN).await);
    assert_eq!(
        it.issuer.last(INTROSPECT).headers["accept"],
        "application/token-introspection+jwt"
    );
    let kind = "application/token-introspection+jwt";
    let good = it.signed_as(Some(REPLY), &reply(&it, &[]));
    let forged = super::support::Signer::es256();
    let header = json!({"alg": "ES256", "typ": REPLY, "kid": "k1"}).to_string();
    let claims = reply(&it, &[]);
    let bad = [
        it.signed_as(Some("at+jwt"), &claims),
        it.signed_as(Some("JWT"), &claims),
        it.signed_as(None, &claims),
        forged.token_of(&header, &claims.to_string()),
        it.signer.token_of(
            r#"{"alg":"none","typ":"token-introspection+jwt"}"#,
            &claims.to_string(),
        ),
        format!("{good}x"),
        it.signed_as(
            Some(REPLY),
            &reply(&it, &[("iss", json!("https://elsewhere.example.com"))]),
        ),
        it.signed_as(
            Some(REPLY),
            &reply(&it, &[("aud", json!("another-server"))]),
        ),
        it.signed_as(Some(REPLY), &reply(&it, &[("aud", Value::Null)])),
        it.signed_as(Some(REPLY), &reply(&it, &[("iat", Value::Null)])),
        it.signed_as(Some(REPLY), &reply(&it, &[("iat", json!(it.seconds(120)))])),
        it.signed_as(
            Some(REPLY),
            &reply(&it, &[("token_introspection", json!("{}"))]),
        ),
        it.signed_as(Some(REPLY), &json!(it.active())),
    ];
    for body in bad {
        it.issuer.typed(INTROSPECT, 200, kind, &body);
        assert_unavailable(it.verify(TOKEN).await);
    }
    it.issuer.typed(INTROSPECT, 200, kind, &good);
    assert_eq!(it.verify(TOKEN).await.unwrap().subject(), Some("alice"));
    let inactive = reply(&it, &[("token_introspection", json!({"active": false}))]);
    it.issuer
        .typed(INTROSPECT, 200, kind, &it.signed_as(Some(REPLY), &inactive));
    refusal("inactive", it.verify("another").await);
    let asked = it.asked(INTROSPECT);
    refusal("an answer as a token", it.verify(&good).await);
    assert_eq!(it.asked(INTROSPECT), asked);
}

#[tokio::test]
async fn a_signed_answer_that_nobody_asked_for_is_not_read() {
    let it = introspecting().await;
    let body = it.signed_as(Some(REPLY), &reply(&it, &[]));
    it.issuer.typed(
        INTROSPECT,
        200,
        "application/token-introspection+jwt",
        &body,
    );
    assert_unavailable(it.verify(TOKEN).await);
}

#[tokio::test]
async fn the_endpoint_can_be_named_and_is_checked_like_any_other() {
    let it = introspecting().await;
    let elsewhere = it.issuer.at("/my/introspect");
    it.issuer.typed(
        "/my/introspect",
        200,
        "application/json",
        &json!(it.active()).to_string(),
    );
    let named = introspecting_with(|how| how.endpoint(&elsewhere), |issuer| issuer).await;
    let mut answer = named.active();
    answer.remove("iss");
    it.issuer.typed(
        "/my/introspect",
        200,
        "application/json",
        &json!(answer).to_string(),
    );
    named.verify(TOKEN).await.unwrap();
    assert!(named.issuer.hits().is_empty(), "no metadata was needed");
    for (how, wrong) in [
        (
            Introspection::new(auth()).endpoint("http://as.example.com/i"),
            "https",
        ),
        (
            Introspection::new(auth()).endpoint("https://127.0.0.1/i"),
            "this machine",
        ),
        (
            Introspection::new(auth()).cache_for(Duration::from_secs(301)),
            "5 minutes",
        ),
    ] {
        let problems = crate::Issuer::new("https://as.example.com")
            .introspection(how)
            .problems();
        assert!(
            problems.len() == 1 && problems[0].contains(wrong),
            "{problems:?}"
        );
    }
}

#[tokio::test]
async fn metadata_without_the_endpoint_is_told_at_start() {
    let it = introspecting().await;
    let found = it.verifiers.warm_up().await;
    assert!(
        found.wrong.is_empty() && found.unreachable.is_empty(),
        "{found:?}"
    );
    let bare = introspecting().await;
    let document = json!({"issuer": bare.issuer.identifier, "jwks_uri": bare.issuer.at("/jwks")});
    bare.issuer.page(
        "/.well-known/oauth-authorization-server",
        200,
        &document.to_string(),
    );
    let found = bare.verifiers.warm_up().await;
    assert!(
        found.wrong[0].contains("introspection_endpoint"),
        "{found:?}"
    );
    assert_unavailable(bare.verify(TOKEN).await);
    let keyless = introspecting().await;
    let document = json!({"issuer": keyless.issuer.identifier, "introspection_endpoint": keyless.issuer.at(INTROSPECT)});
    keyless.issuer.page(
        "/.well-known/oauth-authorization-server",
        200,
        &document.to_string(),
    );
    let found = keyless.verifiers.warm_up().await;
    assert!(
        found.wrong.is_empty(),
        "keys matter to JWTs alone: {found:?}"
    );
    assert!(keyless.verify(TOKEN).await.is_ok());
    let _ = keyless.clock.wall();
}
