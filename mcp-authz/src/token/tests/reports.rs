//! What an operator is told about an issuer.

use serde_json::{Value, json};

use super::support::{FakeIssuer, Signer, object};
use crate::token::{Issuer, Report};

pub(super) const METADATA: &str = "/.well-known/oauth-authorization-server";

pub(super) async fn site(changes: Value) -> FakeIssuer {
    let issuer = FakeIssuer::with_keys(&[Signer::es256().jwk("k1")]).await;
    let mut document = object(json!({
        "issuer": issuer.identifier, "jwks_uri": issuer.at("/jwks"),
        "authorization_endpoint": issuer.at("/auth"), "token_endpoint": issuer.at("/token"),
        "response_types_supported": ["code"], "code_challenge_methods_supported": ["plain", "S256"],
        "registration_endpoint": issuer.at("/reg"),
        "authorization_response_iss_parameter_supported": true,
    }));
    for (name, value) in object(changes) {
        match value {
            Value::Null => drop(document.remove(&name)),
            value => drop(document.insert(name, value)),
        }
    }
    issuer.page(METADATA, 200, &json!(document).to_string());
    issuer
}

async fn check(issuer: &FakeIssuer) -> Report {
    Issuer::new(&issuer.identifier).check().await
}

#[tokio::test]
async fn an_issuer_that_has_everything() {
    let issuer = site(json!({})).await;
    let report = check(&issuer).await;
    assert!(report.is_usable() && report.lacks().is_empty(), "{report}");
    assert_eq!(report.issuer(), issuer.identifier);
    assert!(report.to_string().contains("nothing is missing"));
    assert_eq!(issuer.hits(), [METADATA, "/jwks"]);
    let documents = site(json!({
        "registration_endpoint": null, "client_id_metadata_document_supported": true,
        "grant_types_supported": ["authorization_code"],
    }));
    assert!(check(&documents.await).await.lacks().is_empty());
}

#[tokio::test]
async fn an_issuer_behind_a_proxy_is_looked_at_through_it() {
    let (proxy, identifier) = (FakeIssuer::empty("").await, "http://localhost:9");
    let document = json!({ "issuer": identifier, "jwks_uri": "http://localhost:9/jwks" });
    proxy.page(METADATA, 200, &document.to_string());
    proxy.keys(&[Signer::es256().jwk("k1")]);
    let issuer = Issuer::new(identifier);
    assert!(!issuer.check().await.is_usable(), "nobody is there");
    let way = proxy.at("");
    let report = issuer.check_with(move |client| client.proxy(reqwest::Proxy::all(&way).unwrap()));
    let report = report.await;
    assert!(report.is_usable(), "{report}");
    assert_eq!(proxy.hits(), [METADATA, "/jwks"]);
}

#[tokio::test]
async fn what_clients_will_miss_is_said() {
    for (changes, says) in [
        (json!({"token_endpoint": null}), "token_endpoint"),
        (
            json!({"authorization_endpoint": 7}),
            "authorization_endpoint",
        ),
        (json!({"response_types_supported": ["token"]}), "code flow"),
        (json!({"response_types_supported": null}), "code flow"),
        (
            json!({"grant_types_supported": ["client_credentials"]}),
            "code flow",
        ),
        (json!({"code_challenge_methods_supported": null}), "S256"),
        (
            json!({"code_challenge_methods_supported": ["plain"]}),
            "S256",
        ),
        (json!({"code_challenge_methods_supported": "S256"}), "S256"),
        (json!({"registration_endpoint": null}), "by hand"),
        (
            json!({"registration_endpoint": null, "client_id_metadata_document_supported": "true"}),
            "by hand",
        ),
        (
            json!({"authorization_response_iss_parameter_supported": false}),
            "RFC 9207",
        ),
    ] {
        let report = check(&site(changes.clone()).await).await;
        assert!(report.is_usable(), "{changes}: {report}");
        assert_eq!(report.lacks().len(), 1, "{changes}: {report}");
        assert!(report.to_string().contains(says), "{changes}: {report}");
    }
}

#[tokio::test]
async fn why_tokens_cannot_be_verified_is_said() {
    for (changes, says) in [
        (
            json!({"issuer": "https://evil.example.com"}),
            r#"another one, "https://evil.example.com""#,
        ),
        (json!({"jwks_uri": null}), "no `jwks_uri`"),
        (
            json!({"jwks_uri": "http://as.example.com/jwks"}),
            "only https",
        ),
    ] {
        let report = check(&site(changes).await).await;
        assert!(!report.is_usable());
        assert_eq!(report.errors().len(), 1, "{report}");
        assert!(report.to_string().contains(says), "{report}");
    }
    let issuer = site(json!({})).await;
    issuer.keys(&[json!({"kty": "oct", "k": "AAAA"})]);
    assert!(check(&issuer).await.to_string().contains("no usable key"));
    issuer.page("/jwks", 404, "");
    assert!(check(&issuer).await.to_string().contains("404"));
    issuer.down(true);
    assert!(check(&issuer).await.to_string().contains("500"));
    let nonsense = Issuer::new("as.example.com").check().await;
    assert!(!nonsense.is_usable() && nonsense.lacks().is_empty());
}

/// What an issuer says that it signs ID tokens with has no say in access tokens.
#[tokio::test]
async fn the_metadata_does_not_widen_what_is_accepted() {
    let listed = json!({"id_token_signing_alg_values_supported": ["none", "HS256", "ES512"]});
    let report = check(&site(listed).await).await;
    assert!(report.is_usable() && report.lacks().is_empty());
}
