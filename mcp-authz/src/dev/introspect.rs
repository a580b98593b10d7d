//! Asking about a token (RFC 7662; with a signed answer RFC 9701) and ending one (RFC 7009).

use std::sync::Arc;

use axum::extract::{RawForm, State};
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::client_auth;
use super::error::{Error, OAuthError};
use super::keys::INTROSPECTION;
use super::params::Params;
use super::provider::Provider;
use super::userinfo::{Claims, live_claims, note_use, text, uncached};

/// How a signed answer is asked for, and what it is (RFC 9701 §4, §5).
const SIGNED: &str = "application/token-introspection+jwt";

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
            note_use(&provider, &claims);
            let username = text(&claims, "sub").to_owned();
            // What was minted otherwise stays so.
            claims.entry("active").or_insert(true.into());
            claims.entry("token_type").or_insert("Bearer".into());
            claims.entry("username").or_insert(username.into());
            Value::Object(claims)
        }
        // §2.2: nothing about why.
        None => json!({ "active": false }),
    };
    match wants_signed(&headers) {
        true => Ok(signed(&provider, &client, answer)?),
        false => Ok(uncached(&answer)),
    }
}

fn wants_signed(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT).iter();
    let lists = lists.filter_map(|list| list.to_str().ok());
    let kinds = lists.flat_map(|list| list.split(','));
    let kinds = kinds.filter_map(|kind| kind.split(';').next());
    kinds
        .into_iter()
        .any(|kind| kind.trim().eq_ignore_ascii_case(SIGNED))
}

/// For the client that asked and nobody else, which the signature keeps from being passed on (RFC 9701 §5).
fn signed(provider: &Provider, client: &Client, answer: Value) -> Result<Response, Error> {
    let claims = Map::from_iter([
        ("iss".to_owned(), provider.issuer.clone().into()),
        ("aud".to_owned(), client.id.clone().into()),
        ("iat".to_owned(), provider.now().into()),
        ("token_introspection".to_owned(), answer),
    ]);
    let token = provider.keys.sign(INTROSPECTION, &claims)?;
    let headers = [(CONTENT_TYPE, SIGNED), (CACHE_CONTROL, "no-store")];
    Ok((headers, token).into_response())
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
    end(&provider, token, |claims| {
        text(claims, "client_id") == client.id
    });
    let now = provider.now();
    provider
        .store
        .lock()
        .revoke_refresh_token(token, &client.id, now);
    Ok(StatusCode::OK)
}

/// Ends an access token, if it is one and may be ended.
pub(super) fn end(provider: &Provider, token: &str, may: impl FnOnce(&Claims) -> bool) {
    let Some(claims) = live_claims(provider, token).filter(may) else {
        return;
    };
    let now = provider.now();
    let ends = claims.get("exp").and_then(Value::as_u64).unwrap_or(now);
    let id = text(&claims, "jti").to_owned();
    provider.store.lock().revoke_access_token(id, ends, now);
}
