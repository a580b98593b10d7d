//! Tokens: what they say (RFC 9068, OpenID Connect Core §2).

use serde_json::{Map, Value, json};

use super::error::Error;
use super::grant::Grant;
use super::keys::{ACCESS_TOKEN, ID_TOKEN};
use super::provider::Provider;
use super::secret::{Secret, left_half_hash};
use crate::scope::ScopeSet;

/// A signed access token, and what the provider has to remember of it.
pub(super) struct AccessToken {
    pub(super) token: String,
    pub(super) id: String,
    pub(super) ends: u64,
}

impl Provider {
    /// Signs an access token for `scopes`, which may be fewer than were granted.
    pub(super) fn access_token(
        &self,
        grant: &Grant,
        scopes: &ScopeSet,
        now: u64,
    ) -> Result<AccessToken, Error> {
        let id = Secret::random()?.fingerprint();
        let ends = now + self.settings.access_token_lifetime.as_secs();
        let claims = self.access_token_claims(grant, scopes, &id, now, ends);
        Ok(AccessToken {
            token: self.keys.sign(ACCESS_TOKEN, &claims)?,
            id,
            ends,
        })
    }

    pub(super) fn access_token_claims(
        &self,
        grant: &Grant,
        scopes: &ScopeSet,
        id: &str,
        now: u64,
        ends: u64,
    ) -> Map<String, Value> {
        let mut claims = self.released_claims(grant, scopes);
        // Without a resource the token is good for our own userinfo endpoint and nothing else.
        let audience = grant.resource.as_deref().unwrap_or(&self.issuer);
        claims.extend(object(json!({
            "iss": self.issuer,
            "sub": grant.subject(),
            "aud": audience,
            "client_id": grant.client_id,
            "scope": scopes.to_string(),
            "iat": now,
            "exp": ends,
            "jti": id,
        })));
        if let Some(auth_time) = grant.auth_time {
            claims.insert("auth_time".into(), auth_time.into());
        }
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
        if let Some(auth_time) = grant.auth_time {
            claims.insert("auth_time".into(), auth_time.into());
        }
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        self.keys.sign(ID_TOKEN, &claims)
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
