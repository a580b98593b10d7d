//! A client that proves itself with a key (`private_key_jwt`).

use support::{ClientKey, Proof};

use super::*;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A provider that knows the public half of the key.
async fn knowing(key: &ClientKey) -> Lab {
    let server = Client::first_party("server", "The server").public_key(key.jwk());
    Lab::with(builder().client(server)).await
}

/// A good assertion, to be signed, or to be spoilt first.
fn assertion<'a>(lab: &Lab, key: &'a ClientKey) -> Proof<'a> {
    let proof = key.proof("", "").header("typ", "JWT").without("jwk");
    let (claims, issuer) = (proof.without("htm").without("htu"), lab.provider.issuer());
    let expires = claims.date(60);
    let claims = claims.claim("iss", "server").claim("sub", "server");
    claims.claim("aud", issuer).claim("exp", expires)
}

/// Asks about nothing in particular: who asks is what matters.
async fn ask(lab: &Lab, client: &str, assertion: &str) -> StatusCode {
    let form = [
        ("token", "x"),
        ("client_id", client),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    answered(lab.http.post(lab.url("/introspect")).form(&form))
        .await
        .0
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let key = ClientKey::generate();
    let lab = knowing(&key).await;
    let good = assertion(&lab, &key).sign();
    assert_eq!(ask(&lab, "server", &good).await, 200);
    assert_eq!(ask(&lab, "server", &good).await, 401);
    let endpoint = lab.url("/token").to_string();
    let by_endpoint = assertion(&lab, &key).claim("aud", endpoint).sign();
    assert_eq!(ask(&lab, "server", &by_endpoint).await, 200);
    let (_, document) = answered(lab.http.get(lab.url("/.well-known/openid-configuration"))).await;
    let methods = document["introspection_endpoint_auth_methods_supported"].clone();
    let expected = [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ];
    assert_eq!(methods, json!(expected));
}

#[tokio::test]
async fn an_assertion_that_is_wrong_in_any_way_proves_nothing() {
    let (key, other) = (ClientKey::generate(), ClientKey::generate());
    let lab = knowing(&key).await;
    let good = || assertion(&lab, &key);
    let now = good();
    for (what, spoilt) in [
        ("another key", assertion(&lab, &other)),
        ("iss", good().claim("iss", "web")),
        ("sub", good().claim("sub", "web")),
        ("aud", good().claim("aud", "http://127.0.0.1:1")),
        ("over", good().claim("exp", now.date(0))),
        ("too long", good().claim("exp", now.date(7200))),
        ("no iss", good().without("iss")),
        ("no sub", good().without("sub")),
        ("no aud", good().without("aud")),
        ("no exp", good().without("exp")),
        ("no jti", good().without("jti")),
        ("none", good().header("alg", "none")),
        ("HS256", good().header("alg", "HS256")),
        ("another algorithm", good().header("alg", "RS256")),
    ] {
        assert_eq!(ask(&lab, "server", &spoilt.sign()).await, 401, "{what}");
    }
    assert_eq!(ask(&lab, "server", "x.y.z").await, 401);
    for client in ["web", "agent", "nobody"] {
        assert_eq!(ask(&lab, client, &good().sign()).await, 401, "{client}");
    }
    let form = [
        ("token", "x"),
        ("client_id", "server"),
        ("client_secret", ""),
    ];
    let without = lab.http.post(lab.url("/introspect")).form(&form);
    assert_eq!(answered(without).await.0, 401);
    assert_eq!(ask(&lab, "server", &good().sign()).await, 200);
}

#[tokio::test]
async fn a_key_that_is_none_does_not_start() {
    let secret = json!({ "kty": "oct", "k": "c2VjcmV0" });
    let key = ClientKey::generate().jwk();
    for client in [
        Client::first_party("c", "C").public_key("no key"),
        Client::first_party("c", "C").public_key(secret),
        Client::first_party("c", "C").public_key(key).secret("s"),
    ] {
        let started = builder().client(client).start().await;
        assert!(matches!(started, Err(Error::Config(_))), "{started:?}");
    }
}
