//! The token endpoint (RFC 6749 §4.1.3, §4.4 and §6; RFC 7636 §4.6; RFC 8707 §2.2). Token exchange is in
//! `exchange`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawForm, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderName};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use super::authorize::{parse_scopes, read_resource};
use super::client::Client;
use super::client_auth;
use super::error::OAuthError;
use super::exchange;
use super::grant::Grant;
use super::params::Params;
use super::provider::Provider;
use super::secret::{Secret, fingerprint};
use super::store::Code;
use crate::scope::ScopeSet;

pub(super) const GRANT_TYPES: [&str; 4] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    exchange::GRANT_TYPE,
];

/// RFC 6749 §5.1, RFC 8693 §2.2.1.
#[derive(Serialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issued_token_type: Option<&'static str>,
    pub(super) token_type: &'static str,
    pub(super) expires_in: u64,
    pub(super) scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token: Option<String>,
}

/// What to issue, once a request has earned it.
struct Order<'a> {
    grant: &'a Grant,
    /// At most those of the grant.
    scopes: ScopeSet,
    family: Option<&'a str>,
    refreshable: bool,
    nonce: Option<&'a str>,
}

pub(super) async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<Response, OAuthError> {
    let params = Params::parse(&form);
    let grant_type = params.required("grant_type")?;
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(OAuthError::new(
            "unsupported_grant_type",
            "use authorization_code, refresh_token, client_credentials or token exchange",
        ));
    }
    let client = client_auth::authenticate(&provider, &headers, &params).await?;
    let answer = match grant_type {
        "authorization_code" => from_code(&provider, &client, &params),
        "refresh_token" => from_refresh_token(&provider, &client, &params),
        exchange::GRANT_TYPE => exchange::from_subject_token(&provider, &client, &params),
        _ => from_client(&provider, &client, &params),
    }?;
    let headers: [(HeaderName, HeaderValue); 1] =
        [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((headers, Json(answer)).into_response())
}

fn from_code(
    provider: &Provider,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, OAuthError> {
    let now = provider.now();
    let code = params.required("code")?;
    let verifier = params.required("code_verifier")?;
    let redirect_uri = params.get("redirect_uri")?;
    let resource = read_resource(params)?;
    let check = |code: &Code| {
        check_code(code, client, verifier, redirect_uri)?;
        check_resource(&code.grant, resource.as_deref())
    };
    let redeemed = {
        let mut store = provider.store.lock();
        let redeemed = store.redeem_code(code, check, now)?;
        if !store.is_still_allowed(client, &redeemed.grant, now) {
            store.revoke_family(&redeemed.family, now);
            let text = "the person took back what they had allowed";
            return Err(OAuthError::invalid_grant(text));
        }
        redeemed
    };
    let grant = &redeemed.grant;
    let order = Order {
        grant,
        scopes: grant.scopes.clone(),
        family: Some(&redeemed.family),
        refreshable: client.refreshes || grant.scopes.contains("offline_access"),
        nonce: grant.nonce.as_deref(),
    };
    order.fill(provider, now)
}

fn check_code(
    code: &Code,
    client: &Client,
    verifier: &str,
    redirect_uri: Option<&str>,
) -> Result<(), OAuthError> {
    if code.grant.client_id != client.id {
        return Err(OAuthError::invalid_grant("the code is another client's"));
    }
    // OAuth 2.1 §10.2 drops the parameter, so it may be left out; a different one may not be sent.
    if redirect_uri.is_some_and(|uri| uri != code.redirect_uri) {
        return Err(OAuthError::invalid_grant(
            "the redirect_uri is not that of the request",
        ));
    }
    if !Secret::new(&code.challenge).is(&fingerprint(verifier)) {
        return Err(OAuthError::invalid_grant(
            "the code_verifier does not fit the code_challenge",
        ));
    }
    Ok(())
}

/// A token request may repeat the resource of the grant, not name another one.
fn check_resource(grant: &Grant, resource: Option<&str>) -> Result<(), OAuthError> {
    match resource {
        Some(_) if resource != grant.resource.as_deref() => Err(OAuthError::new(
            "invalid_target",
            "the resource is not that of the authorization request",
        )),
        _ => Ok(()),
    }
}

fn from_refresh_token(
    provider: &Provider,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, OAuthError> {
    let now = provider.now();
    let token = params.required("refresh_token")?;
    let asked = params.get("scope")?.map(parse_scopes).transpose()?;
    let resource = read_resource(params)?;
    let check = |grant: &Grant| {
        check_resource(grant, resource.as_deref())?;
        asked.iter().flatten().try_for_each(|scope| {
            // RFC 6749 §6: never more than the person granted.
            if grant.scopes.contains(scope.as_str()) {
                return Ok(());
            }
            Err(OAuthError::invalid_scope(
                "a refresh can't widen the scopes: ask the person",
            ))
        })
    };
    let mut store = provider.store.lock();
    let redeemed = store.redeem_refresh_token(token, &client.id, check, now)?;
    drop(store);
    let order = Order {
        grant: &redeemed.grant,
        scopes: asked.unwrap_or_else(|| redeemed.grant.scopes.clone()),
        family: Some(&redeemed.family),
        refreshable: true,
        nonce: None,
    };
    order.fill(provider, now)
}

fn from_client(
    provider: &Provider,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, OAuthError> {
    // A client that registered itself has nobody's word for what it is.
    if !(client.is_confidential() && client.is_configured()) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "only configured clients with a secret act for themselves",
        ));
    }
    let grant = Grant {
        user: None,
        client_id: client.id.clone(),
        scopes: params
            .get("scope")?
            .map(parse_scopes)
            .transpose()?
            .unwrap_or_default(),
        resource: read_resource(params)?,
        consent: None,
        auth_time: None,
        acr: None,
        nonce: None,
    };
    let order = Order {
        grant: &grant,
        scopes: grant.scopes.clone(),
        family: None,
        refreshable: false,
        nonce: None,
    };
    order.fill(provider, provider.now())
}

impl Order<'_> {
    fn fill(self, provider: &Provider, now: u64) -> Result<TokenResponse, OAuthError> {
        let access = provider.access_token(self.grant, &self.scopes, now)?;
        let is_openid = self.grant.user.is_some() && self.scopes.contains("openid");
        let id_token = is_openid
            .then(|| provider.id_token(self.grant, &access, self.nonce, now))
            .transpose()?;
        let refresh_token = self.refreshable.then(Secret::random).transpose()?;
        if let Some(family) = self.family {
            let (grant, mut store) = (self.grant, provider.store.lock());
            let resource = grant.resource.as_deref();
            store.note_use(grant.subject(), &grant.client_id, resource, now);
            store.note_access_token(family, &access.id, access.ends, now);
            if let Some(token) = &refresh_token {
                store.keep_refresh_token(token, family, now);
            }
        }
        Ok(TokenResponse {
            access_token: access.token,
            issued_token_type: None,
            token_type: "Bearer",
            expires_in: access.ends - now,
            scope: self.scopes.to_string(),
            refresh_token: refresh_token.map(|token| token.expose().to_owned()),
            id_token,
        })
    }
}
