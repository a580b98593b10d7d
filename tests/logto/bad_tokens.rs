//! Everything that a Logto tenant issues besides access tokens for this server, and access tokens that
//! are worth nothing: each its right answer, whichever way the server learns who people are.

use json::{Value, json};
use support::{Signer, base64url};

use crate::people::{People, now};

/// In the shapes that Logto 1.42 gives them; whoever holds one is a caller without a token.
fn bad(people: &People) -> Vec<(&'static str, String)> {
    let scope = "profile email mail:send";
    let id_token = json!({
        "sub": people.alice, "aud": "smartmail", "iss": format!("{}/oidc", people.logto.endpoint()),
        "iat": now(), "exp": now() + 600, "at_hash": "x", "nonce": "n", "name": "Alice Archer",
        "email": "alice@example.com", "username": "alice",
    });
    let header = |typ: &str| json!({ "alg": "ES384", "typ": typ, "kid": "k" });
    let mut for_us = id_token.clone();
    for_us["aud"] = json!(people.lab.url);
    let logout = json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
    let (thief, claims) = (Signer::es384(), people.claims(scope));
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": "k" });
        format!(
            "{}.{}.",
            base64url(header.to_string()),
            base64url(claims.to_string())
        )
    };
    let altered = |changes: Value| people.altered(scope, changes);
    let mut truncated = people.token(scope);
    truncated.truncate(truncated.len() - 4);
    vec![
        (
            "expired",
            altered(json!({ "iat": now() - 7_200, "exp": now() - 3_600 })),
        ),
        ("without an end", altered(json!({ "exp": null }))),
        (
            "not yet",
            altered(json!({ "iat": now() + 3_600, "exp": now() + 7_200 })),
        ),
        (
            "of another tenant",
            altered(json!({ "iss": "https://other.logto.app/oidc" })),
        ),
        (
            "of the tenant's admin console",
            altered(json!({ "iss": "https://auth.logto.io/oidc" })),
        ),
        (
            "signed by another tenant under the same key id",
            thief.token(&header("at+jwt"), &claims),
        ),
        (
            "for the Management API",
            altered(json!({ "aud": "https://default.logto.app/api" })),
        ),
        (
            "for another resource",
            altered(json!({ "aud": "https://mail.example.com/mcp" })),
        ),
        (
            "for an organization",
            altered(json!({ "aud": "urn:logto:organization:o1" })),
        ),
        ("for nothing", altered(json!({ "aud": null }))),
        ("for everything", altered(json!({ "aud": [] }))),
        ("an ID token", people.key.token(&header("JWT"), &id_token)),
        (
            "an ID token for this server",
            people.key.token(&header("JWT"), &for_us),
        ),
        ("an ID token that names no type", {
            let header = json!({ "alg": "ES384", "kid": "k" });
            people.key.token(&header, &for_us)
        }),
        (
            "a logout token",
            people.key.token(&header("logout+jwt"), &claims),
        ),
        ("a logout token by its claims", altered(logout)),
        (
            "of nobody",
            altered(json!({ "sub": null, "client_id": null })),
        ),
        (
            "of several",
            altered(json!({ "sub": [people.alice, "bob"] })),
        ),
        ("of a number", altered(json!({ "sub": 7 }))),
        ("of an empty name", altered(json!({ "sub": "" }))),
        ("unsigned", unsigned("none")),
        ("signed with nothing", unsigned("ES384")),
        ("cut off", truncated),
        (
            "opaque",
            "9uXqy0Vx3nZ7bN1mPq4sT8wYc2eR6uI0oK5jH3gF1dS".to_owned(),
        ),
    ]
}

#[tokio::test]
async fn nothing_else_that_the_tenant_signs_opens_anything() {
    for people in [
        People::known_by_claims().await,
        People::known_by_record(|records| records).await,
    ] {
        for (what, token) in bad(&people) {
            for tool in ["shared", "whoami", "send_mail"] {
                let reply = people.call(tool, &token).await;
                let status = reply.status;
                assert_eq!(status, 401, "{what}, {tool}: {}", reply.body);
                let challenge = reply.challenge();
                assert!(
                    challenge.contains(r#"error="invalid_token""#),
                    "{what}: {challenge}"
                );
            }
        }
        assert_eq!((people.lab.ran.times(), people.asked()), (0, 0));
        people.says("whoami", &people.token("profile email")).await;
    }
}

/// It is a good token, for whoever has the key.
#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_no_bearer_token() {
    let people = People::known_by_record(|records| records).await;
    let bound = json!({ "cnf": { "jkt": "A".repeat(43) } });
    let token = people.altered("profile email", bound);
    people.turns_away("bound", &token).await;
    people.turns_away("bound, and seen before", &token).await;
}

/// Good tokens that carry less: consent, role and ceiling have narrowed them.
#[tokio::test]
async fn a_narrowed_token_is_told_what_it_lacks() {
    let people = People::known_by_record(|records| records).await;
    for (scope, tool, asked) in [
        ("", "whoami", "profile email"),
        ("profile", "whoami", "profile email"),
        ("profile email", "send_mail", "mail:send"),
        ("openid mail:send2", "send_mail", "mail:send"),
    ] {
        let reply = people.call(tool, &people.token(scope)).await;
        assert_eq!(reply.status, 403, "{scope:?}: {}", reply.body);
        let expected = format!(r#"error="insufficient_scope", scope="{asked}""#);
        assert!(
            reply.challenge().contains(&expected),
            "{}",
            reply.challenge()
        );
    }
    for odd in [
        json!(["mail:send"]),
        json!(7),
        json!({ "mail:send": true }),
        Value::Null,
    ] {
        let reply = people
            .call("send_mail", &people.altered("", json!({ "scope": odd })))
            .await;
        assert_eq!(reply.status, 403, "{odd}: {}", reply.body);
    }
    assert_eq!(people.lab.ran.times(), 0);
}
