//! Userinfo: what a token may see of its person (OpenID Connect Core §5.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::error::OAuthError;
use super::provider::Provider;
use crate::scope::ScopeSet;

pub(super) type Claims = Map<String, Value>;

/// What the person agreed to show to the holder of the token, whichever API it is for: a server
/// may look up the claims with the token that it was called with.
pub(super) async fn userinfo(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let Some(authorization) = headers.get(AUTHORIZATION) else {
        // RFC 6750 §3.1: no error code where no credentials were sent.
        let challenge = [(WWW_AUTHENTICATE, "Bearer")];
        return Ok((StatusCode::UNAUTHORIZED, challenge).into_response());
    };
    let token = authorization
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '));
    let claims = token
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| live_claims(&provider, token.trim_matches(' ')))
        .ok_or_else(invalid_token)?;
    note_use(&provider, &claims);
    let scopes = granted(&claims);
    let subject = text(&claims, "sub");
    // A client that acts for itself is no person; somebody of whom nothing is known is one.
    if subject == text(&claims, "client_id") || !scopes.contains("openid") {
        return Err(insufficient_scope());
    }
    let user = provider.user(subject);
    let mut answer = user.map(|user| user.released(&scopes)).unwrap_or_default();
    answer.insert("sub".into(), subject.into());
    Ok(uncached(&Value::Object(answer)))
}

fn invalid_token() -> OAuthError {
    OAuthError::new(
        "invalid_token",
        "the token is unknown, has expired or was revoked",
    )
    .with_status(StatusCode::UNAUTHORIZED)
    .with_challenge(r#"Bearer error="invalid_token""#)
}

fn insufficient_scope() -> OAuthError {
    OAuthError::new(
        "insufficient_scope",
        "userinfo needs the scope openid of a person",
    )
    .with_status(StatusCode::FORBIDDEN)
    .with_challenge(r#"Bearer error="insufficient_scope", scope="openid""#)
}

/// The claims of an access token, of either form, that is good and was not revoked.
pub(super) fn live_claims(provider: &Provider, token: &str) -> Option<Claims> {
    let (now, keys) = (provider.now(), &provider.keys);
    let signed = keys.verify_access_token(token, &provider.issuer, now);
    let store = provider.store.lock();
    let claims = signed.or_else(|| store.opaque_token(token, now).cloned())?;
    let revoked = store.revoked.get(text(&claims, "jti"), now).is_some();
    (!revoked).then_some(claims)
}

/// The person is told when what they allowed was last used, as far as this provider sees it.
pub(super) fn note_use(provider: &Provider, claims: &Claims) {
    // Without an API, a token names no audience or the provider itself.
    let resource = claims.get("aud").and_then(Value::as_str);
    let resource = resource.filter(|resource| *resource != provider.issuer);
    let (user, client) = (text(claims, "sub"), text(claims, "client_id"));
    let mut store = provider.store.lock();
    store.note_use(user, client, resource, provider.now());
}

/// What a token was granted: by the standard one string, and a list where a test's issuer writes one.
pub(super) fn granted(claims: &Claims) -> ScopeSet {
    match claims.get("scope") {
        Some(Value::Array(list)) => {
            let scopes = list.iter().filter_map(Value::as_str);
            scopes.filter_map(|scope| scope.parse().ok()).collect()
        }
        _ => ScopeSet::parse(text(claims, "scope")),
    }
}

pub(super) fn text<'a>(claims: &'a Claims, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn uncached(body: &Value) -> Response {
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(body)).into_response()
}
