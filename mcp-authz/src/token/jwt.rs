//! Verifies one issuer's JWT access tokens (RFC 9068) at one resource.

use std::sync::Arc;
use std::time::Duration;

use super::cache::{Basis, Memory, TokenHash};
use super::claims::{ClaimRules, Dates};
use super::discovery::Failure;
use super::documents::Documents;
use super::jose::Jws;
use super::jwks::KeySet;
use super::provider::Provider;
use super::{Algorithm, Issuer, Reject, VerifyError};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::clock::Moment;

/// How long a signature need not be checked again. What else can end a token is asked at every hit.
const REMEMBERED_FOR: Duration = Duration::from_secs(15 * 60);

/// One issuer at one resource: rules, keys and cache of its own, shared with no other.
pub(crate) struct JwtVerifier {
    rules: Arc<ClaimRules>,
    algorithms: Vec<Algorithm>,
    opaque_only: bool,
    provider: Arc<Provider>,
    memory: Memory,
    world: World,
}

impl JwtVerifier {
    pub(crate) fn new(
        issuer: Issuer,
        rules: Arc<ClaimRules>,
        documents: Arc<Documents>,
        world: World,
    ) -> Self {
        Self {
            rules,
            algorithms: issuer.algorithms.clone(),
            opaque_only: issuer.opaque_only,
            provider: Provider::new(issuer, documents, world.clone()),
            memory: Memory::new(),
            world,
        }
    }

    /// The issuer's keys, for other things that it signs.
    pub(crate) fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// A token seen before, while the keys are fresh: no waiting, no parsing.
    pub(crate) fn cached(&self, hash: TokenHash, now: Moment) -> Option<AuthInfo> {
        self.provider
            .of_fresh(now, |keys| self.remembered(hash, keys, now))
    }

    /// Checks in the order of their cost: header, claims, keys, signature.
    ///
    /// So a token that is refused by its claims causes no fetch, and is refused in an outage too.
    pub(crate) async fn verify(
        &self,
        hash: TokenHash,
        mut jws: Jws<'_>,
    ) -> Result<AuthInfo, VerifyError> {
        if self.opaque_only {
            return Err(
                Reject("iss: this issuer's access tokens are opaque, and this is a JWT").into(),
            );
        }
        if !self.algorithms.contains(&jws.header.algorithm) {
            return Err(Reject("alg: not allowed for this issuer").into());
        }
        let claims = std::mem::take(&mut jws.claims);
        let now = self.world.clock.wall();
        let dates = Dates::of(&claims, now);
        let unproven = self.rules.check(jws.header.typ, claims, now);
        let unproven = unproven.map_err(|reject| dates.explain(reject))?;
        let keys = self.provider.keys().await?;
        if let Some(known) = self.remembered(hash, &keys, self.world.clock.now()) {
            return Ok(known);
        }
        let key = self.provider.prove(keys, &jws).await?;
        let caller = unproven.proven();
        let until = self.world.clock.now() + REMEMBERED_FOR;
        self.memory.insert(hash, &caller, Basis::Key(key, until));
        Ok(caller)
    }

    /// Asks the issuer for its documents, at start-up.
    pub(crate) async fn check(&self) -> Result<(), Failure> {
        self.provider.check().await
    }

    fn remembered(&self, hash: TokenHash, keys: &KeySet, now: Moment) -> Option<AuthInfo> {
        self.memory.get(hash, |basis, exp| {
            matches!(basis, Basis::Key(key, until) if keys.contains(key) && now.is_before(until))
                && exp.is_some_and(|exp| !self.rules.is_over(exp, now.wall))
        })
    }

    /// What was seen before.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }
}
