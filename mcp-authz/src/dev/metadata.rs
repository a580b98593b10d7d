//! What the provider says of itself (RFC 8414, OpenID Connect Discovery 1.0), and its keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;

use super::assertion::ALGORITHMS;
use super::client_auth::{BY_KEY, METHODS};
use super::provider::Provider;
use super::standard::STANDARD_SCOPES;
use super::token::GRANT_TYPES;

/// Where the document is, for an issuer with this path: both registered names, each behind the
/// path (OpenID Connect Discovery §4.1) and before it (RFC 8414 §3.1).
pub(super) fn locations(path: &str) -> Vec<String> {
    let names = ["openid-configuration", "oauth-authorization-server"];
    let before = names.map(|name| format!("/.well-known/{name}{path}"));
    let behind = names.map(|name| format!("{path}/.well-known/{name}"));
    let mut all: Vec<String> = before.into_iter().chain(behind).collect();
    all.sort();
    all.dedup();
    all
}

pub(super) async fn document(State(provider): State<Arc<Provider>>) -> Response {
    let issuer = &provider.issuer;
    let endpoint = |name: &str| format!("{issuer}/{name}");
    let standard = STANDARD_SCOPES.iter().map(|standard| standard.scope);
    let own = provider
        .settings
        .scopes
        .iter()
        .map(|(scope, _)| scope.as_str());
    let scopes: Vec<&str> = standard.chain(own).collect();
    let claims = STANDARD_SCOPES.iter().flat_map(|standard| standard.claims);
    let claims: Vec<&str> = ["sub", "auth_time", "acr"]
        .iter()
        .chain(claims)
        .copied()
        .collect();
    let methods = [METHODS.as_slice(), &[BY_KEY]].concat();
    let confidential: Vec<_> = methods.iter().filter(|own| **own != "none").collect();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "userinfo_endpoint": endpoint("userinfo"),
        "jwks_uri": endpoint("jwks"),
        "registration_endpoint": endpoint("register"),
        "revocation_endpoint": endpoint("revoke"),
        "introspection_endpoint": endpoint("introspect"),
        "scopes_supported": scopes,
        "claims_supported": claims,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "subject_types_supported": ["public"],
        "acr_values_supported": provider.settings.acr_values,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    }))
    .into_response()
}

/// Never cached by HTTP: a test that rotates the keys wants to see it.
pub(super) async fn keys(State(provider): State<Arc<Provider>>) -> Response {
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/jwk-set+json"),
        ),
    ];
    (
        headers,
        Json(provider.keys.published()).into_response().into_body(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_is_found_by_every_client() {
        assert_eq!(locations("").len(), 2);
        let locations = locations("/oidc");
        for location in [
            "/.well-known/oauth-authorization-server/oidc",
            "/.well-known/openid-configuration/oidc",
            "/oidc/.well-known/openid-configuration",
        ] {
            assert!(locations.iter().any(|own| own == location), "{location}");
        }
    }
}
