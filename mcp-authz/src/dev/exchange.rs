//! One token for another (RFC 8693): a server that was called with a person's token acts for that person
//! at another API, under its own name.

use serde_json::{Map, Value, json};

use super::authorize::{parse_scopes, read_resource};
use super::client::Client;
use super::error::OAuthError;
use super::grant::Grant;
use super::issue::Draft;
use super::params::Params;
use super::provider::Provider;
use super::token::TokenResponse;
use super::userinfo::{Claims, granted, live_claims, note_use, text};
use crate::scope::ScopeSet;

/// RFC 8693 §2.1.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// RFC 8693 §3: the one type that is taken and issued.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// How many may act one for another: each adds to the token.
const MOST_ACTORS: usize = 8;

/// Which tokens a client may exchange: those that are for it.
#[derive(Clone, Debug)]
pub(super) enum OwnTokens {
    /// The API that the client is.
    For(String),
    /// In a test, the server itself has seen to that.
    #[cfg(feature = "testing")]
    All,
}

impl OwnTokens {
    fn are_for(&self, audience: Option<&Value>) -> bool {
        match self {
            Self::For(api) => audience.and_then(Value::as_str) == Some(api),
            #[cfg(feature = "testing")]
            Self::All => true,
        }
    }

    /// Whether the other API can be named by `audience`: this provider knows no such names.
    fn go_by_name(&self) -> bool {
        !matches!(self, Self::For(_))
    }
}

pub(super) fn from_subject_token(
    provider: &Provider,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, OAuthError> {
    let own = client.exchanges.as_ref();
    let Some(own) = own.filter(|_| client.is_confidential()) else {
        return Err(OAuthError::new(
            "unauthorized_client",
            "only a confidential client that is configured with .may_exchange(..) exchanges tokens",
        ));
    };
    check_types(params)?;
    let subject = subject_token(provider, params.required("subject_token")?, own)?;
    let scopes = scopes(params, &granted(&subject))?;
    let grant = Grant {
        user: Some(text(&subject, "sub").to_owned()),
        client_id: client.id.clone(),
        scopes,
        resource: Some(target(params, own, text(&subject, "aud"))?),
        consent: None,
        auth_time: subject.get("auth_time").and_then(Value::as_u64),
        acr: subject
            .get("acr")
            .and_then(Value::as_str)
            .map(str::to_owned),
        nonce: None,
    };
    let changes = acting(client, &subject)?;
    issue(provider, &grant, changes, &subject)
}

/// Signs the token, and remembers that it ends with the one that it was exchanged for.
fn issue(
    provider: &Provider,
    grant: &Grant,
    changes: Map<String, Value>,
    subject: &Claims,
) -> Result<TokenResponse, OAuthError> {
    let now = provider.now();
    let its_end = subject.get("exp").and_then(Value::as_u64).unwrap_or(now);
    let lifetime = provider.settings.access_token_lifetime.as_secs();
    let draft = Draft {
        form: provider.form_for(grant.resource.as_deref()),
        grant,
        scopes: &grant.scopes,
        lifetime: lifetime.min(its_end.saturating_sub(now)),
        tells: true,
        changes,
    };
    let access = provider.issue(draft, now)?;
    note_use(provider, subject);
    let from = (text(subject, "jti"), its_end);
    let mut store = provider.store.lock();
    store.note_exchange(from, &access.id, access.ends, now);
    Ok(TokenResponse {
        access_token: access.token,
        issued_token_type: Some(ACCESS_TOKEN),
        token_type: "Bearer",
        expires_in: access.ends - now,
        scope: grant.scopes.to_string(),
        refresh_token: None,
        id_token: None,
    })
}

fn check_types(params: &Params) -> Result<(), OAuthError> {
    if params.required("subject_token_type")? != ACCESS_TOKEN {
        return Err(OAuthError::invalid_request(
            "the subject_token_type has to be that of an access token",
        ));
    }
    let requested = params.get("requested_token_type")?;
    if requested.is_some_and(|requested| requested != ACCESS_TOKEN) {
        return Err(OAuthError::invalid_request(
            "the requested_token_type has to be that of an access token",
        ));
    }
    if params.get("actor_token")?.is_some() || params.get("actor_token_type")?.is_some() {
        return Err(OAuthError::invalid_request(
            "an actor_token is not taken: the client that asks is the one that acts",
        ));
    }
    Ok(())
}

/// What the person's token says, if it is good and was issued for the API that asks. Whatever is wrong
/// with it is `invalid_request` (RFC 8693 §2.2.2).
fn subject_token(provider: &Provider, token: &str, own: &OwnTokens) -> Result<Claims, OAuthError> {
    let unknown = "the subject_token is unknown, has expired or was revoked";
    let is_live =
        |claims: &Claims| claims.get("exp").and_then(Value::as_u64) > Some(provider.now());
    let claims = live_claims(provider, token).filter(is_live);
    let claims = claims.ok_or_else(|| OAuthError::invalid_request(unknown))?;
    if !own.are_for(claims.get("aud")) {
        return Err(OAuthError::invalid_request(
            "the subject_token is for another API than the client that asks",
        ));
    }
    if claims.contains_key("cnf") {
        return Err(OAuthError::invalid_request(
            "the subject_token is bound to a key that the client does not prove to have",
        ));
    }
    Ok(claims)
}

/// Never more than the person granted; without a word about it, all of that.
fn scopes(params: &Params, held: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let asked = params.get("scope")?.map(parse_scopes).transpose()?;
    let asked = asked.unwrap_or_else(|| held.clone());
    match asked.iter().all(|scope| held.contains(scope.as_str())) {
        true => Ok(asked),
        false => Err(OAuthError::invalid_scope(
            "an exchange can't widen the scopes: ask the person",
        )),
    }
}

fn target(params: &Params, own: &OwnTokens, own_api: &str) -> Result<String, OAuthError> {
    let invalid = |text| OAuthError::new("invalid_target", text);
    let target = match (params.get("audience")?, read_resource(params)?) {
        (None, Some(resource)) => resource,
        (Some(name), None) if own.go_by_name() => name.to_owned(),
        (None, None) => return Err(invalid("the request names no resource")),
        _ => return Err(invalid("APIs have no other name than their resource")),
    };
    if target == own_api {
        return Err(invalid("the token is for this resource already"));
    }
    Ok(target)
}

/// Who acts now, and who did before (RFC 8693 §4.1).
fn acting(client: &Client, subject: &Claims) -> Result<Map<String, Value>, OAuthError> {
    let before = match subject.get("act") {
        Some(actor) => actor.clone(),
        // The application that the person gave the token to.
        None => json!({ "sub": text(subject, "client_id") }),
    };
    if actors(&before) >= MOST_ACTORS {
        return Err(OAuthError::invalid_request(
            "too many have acted one for another already",
        ));
    }
    let act = json!({ "sub": client.id, "act": before });
    Ok(Map::from_iter([("act".to_owned(), act)]))
}

fn actors(act: &Value) -> usize {
    std::iter::successors(Some(act), |act| act.get("act")).count()
}
