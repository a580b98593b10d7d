//! Tokens as the providers make them, for each preset: one that is good, and what else they sign.

use std::sync::Arc;

use serde_json::{Value, json};

use super::support::{Fixture, RESOURCE, Signer, b64, object, refusal, verifiers_with};
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::token::{Issuer, TokenVerifier, Verifiers, VerifyError};
use crate::{World, danger};

const TENANT: &str = "6c3f0a5e-7a0d-4f3e-9b7e-0d3b5c0e8f11";
const APP: &str = "f1d2c3b4-a596-4877-8695-a4b3c2d1e0f9";
const CLIENT: &str = "0aa1bb2c-c3dd-4ee5-8ff6-a7b8c9d0e1f2";

/// The preset, at an issuer that can be reached here.
async fn at_hand(preset: Issuer) -> Fixture {
    assert_eq!(preset.problems(), [""; 0]);
    let mut it = Fixture::with(|issuer| Issuer {
        identifier: issuer.identifier,
        ..preset
    })
    .await;
    let signer = Signer::rsa();
    let mut jwk = signer.jwk("k1");
    (jwk["alg"], jwk["use"]) = ("RS256".into(), "sig".into());
    it.issuer.keys(&[jwk]);
    it.signer = signer;
    it
}

/// A token with this header and these claims, and what every provider writes.
fn token(it: &Fixture, header: &Value, claims: &Value) -> String {
    let mut all = object(json!({
        "iss": it.issuer.identifier, "iat": it.seconds(-60), "exp": it.seconds(3600),
    }));
    all.extend(object(claims.clone()));
    let mut head = object(json!({"alg": "RS256", "kid": "k1"}));
    head.extend(object(header.clone()));
    it.signed(&head, &all)
}

/// `claims` with some of them changed; null removes one.
fn but(claims: &Value, changes: Value) -> Value {
    let mut claims = object(claims.clone());
    for (name, value) in object(changes) {
        match value {
            Value::Null => drop(claims.remove(&name)),
            value => drop(claims.insert(name, value)),
        }
    }
    Value::Object(claims)
}

struct Caller<'a> {
    client: &'a str,
    subject: &'a str,
    scopes: &'a str,
}

async fn assert_accepted(it: &Fixture, header: Value, claims: &Value, expected: Caller<'_>) {
    let caller = it.verify(&token(it, &header, claims)).await.unwrap();
    assert_eq!(caller.client_id(), Some(expected.client));
    assert_eq!(caller.subject(), Some(expected.subject));
    assert_eq!(caller.scopes().to_string(), expected.scopes);
}

async fn assert_refused(it: &Fixture, header: Value, claims: &Value, class: &str) {
    let reason = refusal(class, it.verify(&token(it, &header, claims)).await);
    assert!(reason.starts_with(class), "{claims}: {reason}");
}

fn at_jwt() -> Value {
    json!({"typ": "at+jwt"})
}

fn plain_jwt() -> Value {
    json!({"typ": "JWT"})
}

fn no_typ() -> Value {
    json!({})
}

#[tokio::test]
async fn logto() {
    let it = at_hand(Issuer::logto("https://tenant.logto.app/")).await;
    let good = json!({
        "jti": "yMzuxrYtAYqjyMMdNCn4K", "sub": "2g8m6qxzp5u1", "aud": RESOURCE,
        "scope": "profile email", "client_id": "smartmail", "username": "alice", "email": "a@x.test",
    });
    let expected = Caller {
        client: "smartmail",
        subject: "2g8m6qxzp5u1",
        scopes: "profile email",
    };
    assert_accepted(&it, at_jwt(), &good, expected).await;
    let caller = it.verify(&token(&it, &at_jwt(), &good)).await.unwrap();
    assert_eq!(
        caller.consented_claims().get("username"),
        Some(&json!("alice"))
    );

    let id_token = json!({
        "sub": "2g8m6qxzp5u1", "aud": "smartmail", "at_hash": "x", "nonce": "n", "name": "Alice",
    });
    assert_refused(&it, plain_jwt(), &id_token, "typ: not `at+jwt`").await;
    let organization = but(&good, json!({"aud": "urn:logto:organization:o1"}));
    assert_refused(&it, at_jwt(), &organization, "aud: issued for another").await;
    let opaque = "9uXqy0Vx3nZ7bN1mPq4sT8wYc2eR6uI0oK5jH3gF1dS";
    assert!(refusal("opaque", it.verify(opaque).await).starts_with("token: opaque"));
}

#[tokio::test]
async fn keycloak() {
    let it = at_hand(Issuer::keycloak("https://sso.example.com/realms/acme")).await;
    let good = json!({
        "jti": "onrtac:5f6c", "aud": [RESOURCE, "account"], "sub": "b0e8-4c4e", "typ": "Bearer",
        "azp": "smartmail", "sid": "c9d1", "acr": "1", "scope": "openid mail:read email",
        "realm_access": {"roles": ["offline_access", "admin"]},
        "resource_access": {"account": {"roles": ["view-profile"]}}, "email_verified": true,
    });
    let expected = || Caller {
        client: "smartmail",
        subject: "b0e8-4c4e",
        scopes: "openid mail:read email",
    };
    assert_accepted(&it, plain_jwt(), &good, expected()).await;
    assert_accepted(&it, at_jwt(), &good, expected()).await;

    for (changes, class) in [
        (json!({"aud": "account"}), "aud: issued for another"),
        (json!({"aud": null}), "aud: missing"),
        (
            json!({"typ": "ID", "aud": "smartmail"}),
            "typ: by its claims",
        ),
        (json!({"typ": "ID"}), "typ: by its claims"),
        (json!({"typ": "Refresh"}), "typ: by its claims"),
        (json!({"typ": null}), "claims: "),
        (json!({"azp": null}), "client_id: "),
    ] {
        assert_refused(&it, plain_jwt(), &but(&good, changes), class).await;
    }
    let roles = Issuer::keycloak("https://sso.example.com/realms/acme")
        .add_scope_claim("realm_access.roles");
    let it = at_hand(roles).await;
    let caller = it.verify(&token(&it, &plain_jwt(), &good)).await.unwrap();
    assert!(caller.has("mail:read") && caller.has("admin"));
}

#[tokio::test]
async fn auth0() {
    let it = at_hand(Issuer::auth0("https://tenant.eu.auth0.com/")).await;
    let userinfo = "https://tenant.eu.auth0.com/userinfo";
    let good = json!({
        "sub": "auth0|123456", "aud": [RESOURCE, userinfo], "azp": "smartmail",
        "scope": "openid profile mail:read", "permissions": ["mail:read", "mail:send"],
    });
    let expected = || Caller {
        client: "smartmail",
        subject: "auth0|123456",
        scopes: "openid profile mail:read",
    };
    assert_accepted(&it, plain_jwt(), &good, expected()).await;
    let rfc9068 = but(
        &good,
        json!({"azp": null, "client_id": "smartmail", "jti": "73Wak"}),
    );
    assert_accepted(&it, at_jwt(), &rfc9068, expected()).await;

    let id_token = json!({
        "sub": "auth0|123456", "aud": "smartmail", "nickname": "alice", "sid": "s", "nonce": "n",
    });
    assert_refused(&it, plain_jwt(), &id_token, "typ: an ID token").await;
    for (changes, class) in [
        (json!({"aud": "smartmail"}), "aud: issued for another"),
        (json!({"aud": [userinfo]}), "aud: issued for another"),
        (json!({"azp": null}), "client_id: "),
    ] {
        assert_refused(&it, plain_jwt(), &but(&good, changes), class).await;
    }
    // Encrypted, for a client that asked for no audience: five parts.
    let header = b64(r#"{"alg":"dir","enc":"A256GCM","iss":"https://tenant.eu.auth0.com/"}"#);
    assert!(
        refusal("JWE", it.verify(&format!("{header}..aaaa.bbbb.cccc")).await)
            .starts_with("token: not a signed")
    );
}

#[tokio::test]
async fn okta() {
    let it = at_hand(Issuer::okta("https://example.okta.com/oauth2/default")).await;
    let good = json!({
        "ver": 1, "jti": "AT.nS0rZ", "aud": RESOURCE, "sub": "alice@example.com",
        "cid": "0oa2smartmail", "uid": "00u1", "auth_time": it.seconds(-90),
        "scp": ["openid", "mail:read"],
    });
    let expected = Caller {
        client: "0oa2smartmail",
        subject: "alice@example.com",
        scopes: "openid mail:read",
    };
    assert_accepted(&it, no_typ(), &good, expected).await;
    let id_token = json!({
        "ver": 1, "jti": "ID.nS0rZ", "aud": RESOURCE, "sub": "00u1", "amr": ["pwd"], "idp": "00o1",
    });
    assert_refused(&it, no_typ(), &id_token, "client_id: ").await;
    for (header, changes, class) in [
        (
            no_typ(),
            json!({"aud": "api://default"}),
            "aud: issued for another",
        ),
        (
            no_typ(),
            json!({"aud": "https://example.okta.com"}),
            "aud: issued for another",
        ),
        (
            json!({"typ": "application/okta-internal-at+jwt"}),
            json!({}),
            "typ: a token of another kind",
        ),
    ] {
        assert_refused(&it, header, &but(&good, changes), class).await;
    }
}

#[tokio::test]
async fn entra_id() {
    let it = at_hand(Issuer::entra_id(TENANT, APP)).await;
    let good = json!({
        "aud": APP, "nbf": it.seconds(-60), "aio": "ATQAy", "azp": CLIENT, "azpacr": "0",
        "name": "Alice", "oid": "690222be", "preferred_username": "alice@contoso.com", "rh": "0.AV",
        "scp": "mail.read mail.send", "sub": "HKZpfaHy", "tid": TENANT, "uti": "9Fq", "ver": "2.0",
    });
    let scopes = format!("api://{APP}/mail.read api://{APP}/mail.send");
    let expected = Caller {
        client: CLIENT,
        subject: "HKZpfaHy",
        scopes: &scopes,
    };
    let header = || json!({"typ": "JWT", "x5t": "k1"});
    assert_accepted(&it, header(), &good, expected).await;

    // Of the same registration, when it signs people in as well: the audience is no help.
    let id_token = but(&good, json!({"azp": null, "azpacr": null, "scp": null}));
    assert_refused(&it, header(), &id_token, "client_id: ").await;
    for (changes, class) in [
        (
            json!({"ver": "1.0", "azp": null, "appid": CLIENT}),
            "claims: ",
        ),
        (json!({"ver": "1.0"}), "claims: "),
        (json!({"tid": CLIENT}), "claims: "),
        (
            json!({"aud": "00000003-0000-0000-c000-000000000000"}),
            "aud: issued for another",
        ),
        (
            json!({"iss": format!("https://sts.windows.net/{TENANT}/")}),
            "iss: not a configured",
        ),
        (
            json!({"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
            "iss: not a configured",
        ),
        (json!({"nonce": "n"}), "typ: an ID token"),
    ] {
        assert_refused(&it, header(), &but(&good, changes), class).await;
    }
    let for_itself = but(
        &good,
        json!({"scp": null, "roles": ["Mail.Read"], "idtyp": "app"}),
    );
    let caller = it
        .verify(&token(&it, &header(), &for_itself))
        .await
        .unwrap();
    assert!(
        caller.scopes().is_empty(),
        "roles count where asked for alone"
    );
}

#[tokio::test]
async fn cognito() {
    let it = at_hand(Issuer::cognito("eu-central-1_AbCdEfGhI")).await;
    let scopes = format!("openid {RESOURCE}/mail.read");
    let good = json!({
        "sub": "aaaa-bbbb", "cognito:groups": ["admins"], "version": 2, "client_id": "6kd2l8",
        "origin_jti": "o", "event_id": "e", "token_use": "access", "scope": scopes, "aud": RESOURCE,
        "auth_time": it.seconds(-90), "jti": "j", "username": "alice",
    });
    let expected = || Caller {
        client: "6kd2l8",
        subject: "aaaa-bbbb",
        scopes: &scopes,
    };
    assert_accepted(&it, no_typ(), &good, expected()).await;
    let id_token = json!({
        "sub": "aaaa-bbbb", "aud": RESOURCE, "token_use": "id", "email": "a@x.test",
        "client_id": "6kd2l8",
    });
    assert_refused(&it, no_typ(), &id_token, "typ: by its claims").await;
    for (changes, class) in [
        (json!({"token_use": null}), "claims: "),
        (json!({"client_id": null}), "client_id: "),
        (json!({"aud": null}), "aud: missing"),
        (
            json!({"aud": "https://other.example.com"}),
            "aud: issued for another",
        ),
    ] {
        assert_refused(&it, no_typ(), &but(&good, changes), class).await;
    }
    let listed = danger::without_audience(["6kd2l8"]);
    let it = at_hand(Issuer::cognito("eu-central-1_AbCdEfGhI").jwt_without_audience(listed)).await;
    let without = but(&good, json!({"aud": null}));
    assert_accepted(&it, no_typ(), &without, expected()).await;
    let another = but(&without, json!({"client_id": "another"}));
    assert_refused(&it, no_typ(), &another, "aud: missing").await;
}

#[tokio::test]
async fn generic() {
    let it = at_hand(Issuer::generic("https://as.example.com")).await;
    let good = json!({
        "sub": "alice", "aud": RESOURCE, "client_id": "smartmail", "scope": "mail:read", "jti": "1",
    });
    let expected = Caller {
        client: "smartmail",
        subject: "alice",
        scopes: "mail:read",
    };
    assert_accepted(&it, at_jwt(), &good, expected).await;
    assert_refused(&it, plain_jwt(), &good, "typ: not `at+jwt`").await;
}

/// Takes whatever it is shown.
struct Trusting;

impl TokenVerifier for Trusting {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        Ok(AuthInfo::builder("https://as.example.com")
            .subject("bob")
            .build())
    }
}

#[tokio::test]
async fn what_google_and_github_sign_is_no_access_token() {
    for preset in [Issuer::google(), Issuer::github()] {
        let mut it = at_hand(Issuer::generic("https://as.example.com")).await;
        let identifier = it.issuer.identifier.clone();
        let issuer = Issuer {
            identifier,
            ..preset
        };
        it.verifiers = verifiers_with(vec![issuer], Some(Arc::new(Trusting)), &it.clock);
        let id_token = json!({"sub": "alice", "aud": RESOURCE, "azp": "smartmail", "email": "a@x"});
        for header in [plain_jwt(), at_jwt(), no_typ()] {
            assert_refused(
                &it,
                header,
                &id_token,
                "iss: this issuer's access tokens are opaque",
            )
            .await;
        }
        assert!(it.issuer.hits().is_empty());
        assert_eq!(
            it.verify("ya29.a0AfH6SMBx").await.unwrap().subject(),
            Some("bob")
        );
        // The keys are of no use, and so are not asked for.
        assert!(it.verifiers.warm_up().await.wrong.is_empty());
        assert_eq!(
            it.issuer.hits(),
            ["/.well-known/oauth-authorization-server"]
        );
    }
}

#[test]
fn somebody_must_judge_opaque_tokens() {
    for preset in [Issuer::google(), Issuer::github()] {
        let made = Verifiers::new(vec![preset], None, RESOURCE, World::system());
        let problems = made.err().unwrap();
        assert!(problems[0].contains("opaque"), "{problems:?}");
    }
}

#[test]
fn identifiers_are_what_the_providers_write() {
    for (preset, identifier) in [
        (
            Issuer::logto("https://t.logto.app"),
            "https://t.logto.app/oidc",
        ),
        (
            Issuer::logto("https://t.logto.app/oidc"),
            "https://t.logto.app/oidc",
        ),
        (
            Issuer::logto("http://localhost:3001/oidc/"),
            "http://localhost:3001/oidc",
        ),
        (Issuer::keycloak("https://h/realms/r"), "https://h/realms/r"),
        (Issuer::auth0("t.eu.auth0.com"), "https://t.eu.auth0.com/"),
        (
            Issuer::auth0("https://login.example.com"),
            "https://login.example.com/",
        ),
        (
            Issuer::okta("https://h.okta.com/oauth2/default"),
            "https://h.okta.com/oauth2/default",
        ),
        (
            Issuer::cognito("eu-west-1_Ab9"),
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab9",
        ),
        (
            Issuer::cognito("cn-north-1_Ab9"),
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab9",
        ),
        (Issuer::google(), "https://accounts.google.com"),
        (Issuer::github(), "https://github.com/login/oauth"),
    ] {
        assert_eq!(preset.identifier, identifier);
        assert_eq!(preset.problems(), [""; 0]);
    }
    let entra = Issuer::entra_id(TENANT, APP);
    assert_eq!(
        entra.identifier,
        format!("https://login.microsoftonline.com/{TENANT}/v2.0")
    );
    for wrong in [
        Issuer::okta("https://example.okta.com"),
        Issuer::entra_id("common", APP),
        Issuer::entra_id("contoso.onmicrosoft.com", APP),
        Issuer::entra_id(TENANT.to_uppercase(), APP),
        Issuer::entra_id(TENANT, "my-api"),
        Issuer::cognito("eu-central-1"),
        Issuer::cognito("eu-central-1_a/../b"),
    ] {
        assert_eq!(wrong.problems().len(), 1, "{:?}", wrong.problems());
    }
}
