//! Verifies one issuer's JWT access tokens (RFC 9068) at one resource.

use std::sync::Arc;

use url::Url;

use super::cache::{TokenCache, TokenHash};
use super::claims::ClaimRules;
use super::discovery::Failure;
use super::jose::{Header, Jws};
use super::jwks::{KeySet, Lookup};
use super::provider::Provider;
use super::{Algorithm, Issuer, Reject, VerifyError};
use crate::World;
use crate::auth_info::AuthInfo;

/// One issuer at one resource: rules, keys and cache of its own, shared with no other.
pub(crate) struct JwtVerifier {
    rules: ClaimRules,
    algorithms: Vec<Algorithm>,
    opaque_only: bool,
    provider: Arc<Provider>,
    cache: TokenCache,
    world: World,
}

impl JwtVerifier {
    /// `url` is the issuer's identifier, `audiences` what names the resource itself.
    pub(crate) fn new(issuer: Issuer, url: Url, mut audiences: Vec<String>, world: World) -> Self {
        audiences.extend(issuer.audiences.iter().cloned());
        Self {
            rules: ClaimRules {
                issuer: issuer.identifier.clone(),
                audiences,
                accept_typ_jwt: issuer.accept_typ_jwt,
                options: issuer.claims.clone(),
                leeway: issuer.leeway,
            },
            algorithms: issuer.algorithms.clone(),
            opaque_only: issuer.opaque_only,
            provider: Provider::new(issuer, url, world.clone()),
            cache: TokenCache::new(),
            world,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.rules.issuer
    }

    /// A token seen before, while the keys are fresh: no waiting, no parsing.
    pub(crate) fn cached(&self, hash: TokenHash) -> Option<AuthInfo> {
        let keys = self.provider.fresh()?;
        self.remembered(hash, &keys)
    }

    /// Checks in the order of their cost: header, claims, keys, signature.
    ///
    /// So a token that is refused by its claims causes no fetch, and is refused in an outage too.
    pub(crate) async fn verify(
        &self,
        hash: TokenHash,
        length: usize,
        jws: Jws<'_>,
    ) -> Result<AuthInfo, VerifyError> {
        let Jws {
            header,
            claims,
            signed,
            signature,
        } = jws;
        if self.opaque_only {
            return Err(
                Reject("iss: this issuer's access tokens are opaque, and this is a JWT").into(),
            );
        }
        if !self.algorithms.contains(&header.algorithm) {
            return Err(Reject("alg: not allowed for this issuer").into());
        }
        let unproven = self
            .rules
            .check(header.typ, claims, self.world.clock.wall())?;
        let mut keys = self.provider.keys().await?;
        if let Some(known) = self.remembered(hash, &keys) {
            return Ok(known);
        }
        if matches!(find(&keys, &header), Lookup::Unknown) {
            keys = self.provider.keys_after_miss(&keys).await?;
        }
        let key = match find(&keys, &header) {
            Lookup::Found(key) => key,
            Lookup::Unknown => return Err(Reject("kid: the issuer has no such key").into()),
            Lookup::Refused(why) => return Err(why.into()),
        };
        key.verify(header.algorithm, signed, &signature)?;
        let caller = unproven.proven();
        self.cache.insert(hash, length, caller.clone(), key.id);
        Ok(caller)
    }

    /// Asks the issuer for its documents, at start-up.
    pub(crate) async fn check(&self) -> Result<(), Failure> {
        self.provider.check().await
    }

    fn remembered(&self, hash: TokenHash, keys: &KeySet) -> Option<AuthInfo> {
        self.cache
            .get(hash, keys, &self.rules, self.world.clock.wall())
    }
}

fn find<'a>(keys: &'a KeySet, header: &Header) -> Lookup<'a> {
    keys.find(header.kid.as_deref(), header.algorithm)
}
