//! Proofs at one resource: each made for this request, and each used once.

use std::time::Duration;

use http::{HeaderValue, Method};
use serde_json::{Map, Value, json};
use url::Url;

use super::nonce::{Age, Nonces};
use super::proof::{self, Expected};
use super::replay::{Novelty, Seen};
use super::{Dpop, Fault};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::bind::owner;
use crate::token::possession::Verified;
use crate::token::{Algorithm, Reject};

/// When there is no room for another proof, some is made within this time.
const ROOM: Duration = Duration::from_secs(60);

/// Checks the proofs of one resource.
pub(crate) struct DpopVerifier {
    required: bool,
    algorithms: Vec<Algorithm>,
    /// From the configuration, never from a request: a proxy may have changed everything there.
    uri: Url,
    seen: Seen,
    nonces: Option<Nonces>,
    world: World,
}

/// A caller who has shown to hold the key of the token.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) caller: AuthInfo,
    /// For the client to use from now on (RFC 9449 §8.2).
    pub(crate) nonce: Option<HeaderValue>,
}

impl DpopVerifier {
    /// `keys` seal the nonces.
    pub(crate) fn new<'a>(
        settings: Dpop,
        resource: &Url,
        keys: impl Iterator<Item = &'a [u8]>,
        world: World,
    ) -> Self {
        let mut uri = resource.clone();
        uri.set_query(None);
        uri.set_fragment(None);
        Self {
            required: settings.required,
            algorithms: settings.algorithms,
            nonces: settings
                .nonce
                .then(|| Nonces::new(keys, resource.as_str()))
                .flatten(),
            seen: Seen::new(settings.remembered_proofs),
            uri,
            world,
        }
    }

    /// Whether a token that is bound to no key is refused.
    pub(crate) fn is_required(&self) -> bool {
        self.required
    }

    /// The caller of a verified token, if `proof` shows that who sent this request holds its key.
    pub(crate) fn check(
        &self,
        verified: Verified,
        token: &BearerToken,
        method: &Method,
        proof: Option<&HeaderValue>,
    ) -> Result<Proven, Fault> {
        let (caller, key) = verified.by_key().map_err(Fault::Token)?;
        let proof = proof.and_then(|proof| proof.to_str().ok());
        let proof = proof.ok_or(Reject("proof: not exactly one DPoP header"))?;
        let now = self.world.clock.wall();
        let expected = Expected {
            algorithms: &self.algorithms,
            method: method.as_str(),
            uri: &self.uri,
            token: token.expose(),
            key,
            now,
        };
        let proof = proof::check(proof, &expected)?;
        let nonce = match &self.nonces {
            None => None,
            Some(nonces) => match proof.nonce.and_then(|one| nonces.recognise(&one, now)) {
                None => return Err(Fault::Nonce),
                Some(Age::Current) => None,
                Some(Age::Old) => nonces.current(now),
            },
        };
        let (owner, now) = (owner(&caller), self.world.clock.monotonic());
        match self.seen.note(owner.as_bytes(), key, &proof.id, now) {
            Novelty::New => Ok(Proven { caller, nonce }),
            Novelty::Replayed => Err(Reject("proof jti: seen before").into()),
            Novelty::NoRoom => Err(Fault::NoRoom { retry_after: ROOM }),
        }
    }

    /// The nonce that a refused client needs (RFC 9449 §9), where nonces are asked for.
    pub(crate) fn nonce(&self) -> Option<HeaderValue> {
        let now = self.world.clock.wall();
        self.nonces.as_ref().and_then(|nonces| nonces.current(now))
    }

    /// What the metadata of the resource says (RFC 9728 §2).
    pub(crate) fn metadata(&self) -> Map<String, Value> {
        let members = [
            (
                "dpop_signing_alg_values_supported",
                json!(self.algorithms()),
            ),
            ("dpop_bound_access_tokens_required", json!(self.required)),
        ];
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The algorithms, as challenges and metadata name them.
    pub(crate) fn algorithms(&self) -> Vec<&'static str> {
        self.algorithms.iter().map(|one| one.name()).collect()
    }
}
