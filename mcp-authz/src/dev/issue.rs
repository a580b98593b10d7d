//! Tokens: what they say (RFC 9068, OpenID Connect Core §2).

use serde_json::{Map, Value, json};

use super::error::Error;
use super::grant::Grant;
use super::keys::{ACCESS_TOKEN, ID_TOKEN};
use super::provider::Provider;
use super::secret::{Secret, left_half_hash};
use crate::scope::ScopeSet;

/// An access token, and what the provider has to remember of it.
pub(super) struct AccessToken {
    pub(super) token: String,
    pub(super) id: String,
    pub(super) ends: u64,
}

/// What a holder of an access token can read in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Everything: a signed JWT (RFC 9068).
    Jwt,
    /// Nothing: it is a key into the provider's memory.
    Opaque,
}

/// An access token to be.
pub(super) struct Draft<'a> {
    pub(super) form: Form,
    pub(super) grant: &'a Grant,
    /// May be fewer than were granted.
    pub(super) scopes: &'a ScopeSet,
    /// In seconds.
    pub(super) lifetime: u64,
    /// Says what the granted scopes tell of the person; otherwise userinfo does, or somebody else.
    pub(super) tells: bool,
    /// Takes the place of what it would say.
    pub(super) changes: Map<String, Value>,
}

impl Provider {
    /// Issues an access token for `scopes`, in the form that its resource is to get.
    pub(super) fn access_token(
        &self,
        grant: &Grant,
        scopes: &ScopeSet,
        now: u64,
    ) -> Result<AccessToken, Error> {
        let draft = Draft {
            form: self.form_for(grant.resource.as_deref()),
            grant,
            scopes,
            lifetime: self.settings.access_token_lifetime.as_secs(),
            tells: true,
            changes: Map::new(),
        };
        self.issue(draft, now)
    }

    /// What the developer wants for this API.
    pub(super) fn form_for(&self, resource: Option<&str>) -> Form {
        let opaque = &self.settings.opaque;
        let is_opaque = match resource {
            Some(resource) => opaque.resources.iter().any(|own| own == resource),
            None => opaque.without_resource,
        };
        if is_opaque { Form::Opaque } else { Form::Jwt }
    }

    pub(super) fn issue(&self, draft: Draft<'_>, now: u64) -> Result<AccessToken, Error> {
        let id = Secret::random().map_err(Error::signing)?.fingerprint();
        let ends = now + draft.lifetime;
        let mut claims = self.access_token_claims(&draft, &id, now, ends);
        claims.extend(draft.changes);
        let token = match draft.form {
            Form::Jwt => self.keys.sign(ACCESS_TOKEN, &claims)?,
            Form::Opaque => {
                let token = Secret::random().map_err(Error::signing)?;
                let mut store = self.store.lock();
                store.keep_opaque_token(&token, claims, now, draft.lifetime);
                token.expose().to_owned()
            }
        };
        Ok(AccessToken { token, id, ends })
    }

    fn access_token_claims(
        &self,
        draft: &Draft<'_>,
        id: &str,
        now: u64,
        ends: u64,
    ) -> Map<String, Value> {
        let Draft { grant, scopes, .. } = draft;
        let mut claims = match draft.form {
            Form::Jwt if draft.tells => self.released_claims(grant, scopes),
            _ => Map::new(),
        };
        let audience = match (&grant.resource, draft.form) {
            (Some(resource), _) => Some(resource),
            // It is good for our own userinfo endpoint and nothing else.
            (None, Form::Jwt) => Some(&self.issuer),
            (None, Form::Opaque) => None,
        };
        claims.extend(object(json!({
            "iss": self.issuer,
            "sub": grant.subject(),
            "client_id": grant.client_id,
            "scope": scopes.to_string(),
            "iat": now,
            "exp": ends,
            "jti": id,
        })));
        if let Some(audience) = audience {
            claims.insert("aud".into(), audience.clone().into());
        }
        claims.extend(sign_in(grant));
        claims
    }

    /// The person's claims that `scopes` stand for.
    pub(super) fn released_claims(&self, grant: &Grant, scopes: &ScopeSet) -> Map<String, Value> {
        let user = grant.user.as_deref().and_then(|name| self.user(name));
        user.map(|user| user.released(scopes)).unwrap_or_default()
    }

    /// Signs an ID token. The person's claims are left to userinfo (OpenID Connect Core §5.4).
    pub(super) fn id_token(
        &self,
        grant: &Grant,
        access: &AccessToken,
        nonce: Option<&str>,
        now: u64,
    ) -> Result<String, Error> {
        let mut claims = object(json!({
            "iss": self.issuer,
            "sub": grant.subject(),
            "aud": grant.client_id,
            "iat": now,
            "exp": access.ends,
            "at_hash": left_half_hash(&access.token),
        }));
        claims.extend(sign_in(grant));
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        self.keys.sign(ID_TOKEN, &claims)
    }
}

/// When and how the person signed in: in both kinds of token, so that a server can ask for more (RFC
/// 9068 §2.2.1, RFC 9470 §6).
fn sign_in(grant: &Grant) -> impl Iterator<Item = (String, Value)> {
    let auth_time = grant
        .auth_time
        .map(|time| ("auth_time".to_owned(), time.into()));
    let acr = grant.acr.clone().map(|acr| ("acr".to_owned(), acr.into()));
    auth_time.into_iter().chain(acr)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
