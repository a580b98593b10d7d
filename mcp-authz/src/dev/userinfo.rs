//! Userinfo (OpenID Connect Core §5.3), introspection (RFC 7662) and revocation (RFC 7009).

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawForm, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::client_auth;
use super::error::OAuthError;
use super::params::Params;
use super::provider::{Provider, now};
use crate::scope::ScopeSet;

type Claims = Map<String, Value>;

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
    let scopes = ScopeSet::parse(text(&claims, "scope"));
    let user = provider
        .user(text(&claims, "sub"))
        .filter(|_| scopes.contains("openid"));
    let user = user.ok_or_else(insufficient_scope)?;
    let mut answer = user.released(&scopes);
    answer.insert("sub".into(), user.username.clone().into());
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

/// RFC 7662 §2, for configured clients with a secret: others could use it to try tokens.
pub(super) async fn introspect(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<Response, OAuthError> {
    let params = Params::parse(&form);
    let client = client_auth::authenticate(&provider, &headers, &params).await?;
    if !(client.is_confidential() && client.is_configured()) {
        return Err(OAuthError::invalid_client(
            "only configured clients with a secret may ask",
        ));
    }
    let answer = match live_claims(&provider, params.required("token")?) {
        Some(mut claims) => {
            claims.insert("active".into(), true.into());
            claims.insert("token_type".into(), "Bearer".into());
            claims.insert("username".into(), text(&claims, "sub").into());
            Value::Object(claims)
        }
        // §2.2: nothing about why.
        None => json!({ "active": false }),
    };
    Ok(uncached(&answer))
}

/// RFC 7009 §2: 200 whatever the token was, since the client wanted it gone, and gone it is.
pub(super) async fn revoke(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<StatusCode, OAuthError> {
    let params = Params::parse(&form);
    let client = client_auth::authenticate(&provider, &headers, &params).await?;
    let token = params.required("token")?;
    let now = now();
    let own = live_claims(&provider, token).filter(|claims| text(claims, "client_id") == client.id);
    let mut store = provider.store.lock();
    if let Some(claims) = own {
        let ends = claims.get("exp").and_then(Value::as_u64).unwrap_or(now);
        store.revoke_access_token(text(&claims, "jti").to_owned(), ends, now);
    }
    store.revoke_refresh_token(token, &client.id, now);
    Ok(StatusCode::OK)
}

/// The claims of an access token that is good and was not revoked.
fn live_claims(provider: &Provider, token: &str) -> Option<Claims> {
    let claims = provider.keys.verify_access_token(token, &provider.issuer)?;
    let revoked = provider
        .store
        .lock()
        .revoked
        .get(text(&claims, "jti"), now())
        .is_some();
    (!revoked).then_some(claims)
}

fn text<'a>(claims: &'a Claims, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn uncached(body: &Value) -> Response {
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(body)).into_response()
}
