//! Asking about a token (RFC 7662) and ending one (RFC 7009).

use std::sync::Arc;

use axum::extract::{RawForm, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::client_auth;
use super::error::OAuthError;
use super::params::Params;
use super::provider::{Provider, now};
use super::userinfo::{live_claims, note_use, text, uncached};

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
            claims.insert("active".into(), true.into());
            // What was minted otherwise stays so.
            claims.entry("token_type").or_insert("Bearer".into());
            claims.entry("username").or_insert(username.into());
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
