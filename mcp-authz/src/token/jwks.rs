//! A JSON Web Key Set (RFC 7517) becomes the keys that may verify, each bound to its algorithms.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::algorithm::KeyKind;
use super::{Algorithm, Reject, jose, json};
use crate::clock::Moment;

/// More keys than any issuer has; a longer list is refused as a whole.
const MAX_KEYS: usize = 100;

/// RSA moduli in bits: NIST SP 800-131A below, the cost of one verification above.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What an issuer's key set held at one moment.
pub(crate) struct KeySet {
    keys: Vec<Key>,
    /// Why keys were left out, for the operator.
    pub(crate) skipped: Vec<&'static str>,
    pub(crate) fetched_at: Moment,
}

/// A public key and the algorithms that it may be used with.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

/// Names a key by everything that matters about it: a key that changes is another key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId([u8; 32]);

/// What a key set says to a token's header.
pub(crate) enum Lookup<'a> {
    Found(&'a Key),
    /// Nothing by that name (yet): the set may be behind the issuer.
    Unknown,
    Refused(Reject),
}

impl KeySet {
    /// Reads a key set; keys that cannot be used are left out.
    pub(crate) fn parse(
        json: &[u8],
        allowed: &[Algorithm],
        fetched_at: Moment,
    ) -> Result<Self, &'static str> {
        let set = json::object(json)
            .map_err(|_| "the key set is not a JSON object with unique members")?;
        let Some(Value::Array(listed)) = set.get("keys") else {
            return Err("the key set has no array `keys`");
        };
        if listed.len() > MAX_KEYS {
            return Err("the key set lists more than 100 keys");
        }
        let (mut keys, mut skipped) = (Vec::<Key>::new(), Vec::new());
        for entry in listed {
            match entry
                .as_object()
                .ok_or("not an object")
                .and_then(|jwk| Key::parse(jwk, allowed))
            {
                Ok(key) if keys.iter().any(|other| other.id == key.id) => {}
                Ok(key) => keys.push(key),
                Err(why) => skipped.push(why),
            }
        }
        Ok(Self {
            keys,
            skipped,
            fetched_at,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn contains(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }

    /// The one key for this header. Never "try them all": a token is bound to one key.
    pub(crate) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Lookup<'_> {
        let named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        if !self.keys.iter().any(|key| named(&key)) {
            return Lookup::Unknown;
        }
        let mut fitting = self
            .keys
            .iter()
            .filter(named)
            .filter(|key| key.algorithms.contains(&algorithm));
        match (fitting.next(), fitting.next(), kid) {
            (Some(key), None, _) => Lookup::Found(key),
            (Some(_), Some(_), _) => Lookup::Refused(Reject("kid: more than one key would do")),
            (None, _, None) => Lookup::Unknown,
            (None, _, Some(_)) => Lookup::Refused(Reject("alg: not what the key is for")),
        }
    }
}

impl Key {
    pub(crate) fn parse(
        jwk: &Map<String, Value>,
        allowed: &[Algorithm],
    ) -> Result<Self, &'static str> {
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
            .iter()
            .any(|name| jwk.contains_key(*name))
        {
            return Err("a private or symmetric key");
        }
        check_use(jwk)?;
        let (kind, material, decoding) = match jwk.get("kty").and_then(Value::as_str) {
            Some("RSA") => rsa(jwk)?,
            Some("EC") => ec(jwk)?,
            Some("OKP") => okp(jwk)?,
            _ => return Err("an unknown kty"),
        };
        let algorithms = algorithms(jwk, kind, allowed)?;
        let kid = jose::kid(jwk.get("kid")).map_err(|_| "an unusable kid")?;
        Ok(Self {
            id: KeyId::new(kid.as_deref(), &algorithms, &material),
            kid,
            algorithms,
            decoding,
        })
    }

    /// Checks a signature on aws-lc-rs, whatever provider the process has installed.
    ///
    /// jsonwebtoken picks its backend for the whole process and panics when two crates ask for
    /// different ones; naming the provider here leaves nothing to pick.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        signed: &str,
        signature: &[u8],
    ) -> Result<(), Reject> {
        let bad = Reject("signature: does not verify");
        if !self.algorithms.contains(&algorithm) {
            return Err(bad);
        }
        let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
        let verifier = (provider.verifier_factory)(&algorithm.jsonwebtoken(), &self.decoding)
            .map_err(|_| bad)?;
        verifier
            .verify(signed.as_bytes(), &signature.to_vec())
            .map_err(|_| bad)
    }
}

impl KeyId {
    fn new(kid: Option<&str>, algorithms: &[Algorithm], material: &[u8]) -> Self {
        let text = format!("{kid:?} {algorithms:?} ");
        let hash = digest(&SHA256, &[text.as_bytes(), material].concat());
        let mut id = [0; 32];
        id.copy_from_slice(hash.as_ref());
        Self(id)
    }

    #[cfg(test)]
    pub(crate) fn of_nothing() -> Self {
        Self([0; 32])
    }
}

/// `use` and `key_ops` (RFC 7517 §4.2, §4.3): absent, or for signatures.
fn check_use(jwk: &Map<String, Value>) -> Result<(), &'static str> {
    if jwk.get("use").is_some_and(|usage| usage != "sig") {
        return Err("not for signatures (use)");
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|one| one == "verify") => Ok(()),
        Some(_) => Err("not for verifying (key_ops)"),
    }
}

/// What the key's type can do, what the key says that it is for, and what the author allows.
fn algorithms(
    jwk: &Map<String, Value>,
    kind: KeyKind,
    allowed: &[Algorithm],
) -> Result<Vec<Algorithm>, &'static str> {
    let own = match jwk.get("alg") {
        None => None,
        Some(name) => Some(
            name.as_str()
                .and_then(Algorithm::from_name)
                .ok_or("an unknown alg")?,
        ),
    };
    let list: Vec<_> = allowed
        .iter()
        .copied()
        .filter(|one| one.key_kind() == kind && own.is_none_or(|own| own == *one))
        .collect();
    if list.is_empty() {
        Err("its alg does not fit its type, or is not allowed")
    } else {
        Ok(list)
    }
}

type Material = (KeyKind, Vec<u8>, DecodingKey);

fn member(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, &'static str> {
    let text = jwk
        .get(name)
        .and_then(Value::as_str)
        .ok_or("a member is missing")?;
    jose::decode(text).map_err(|_| "a member is not base64url")
}

fn rsa(jwk: &Map<String, Value>) -> Result<Material, &'static str> {
    let unsigned = |bytes: Vec<u8>| {
        bytes
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect::<Vec<u8>>()
    };
    let (n, e) = (unsigned(member(jwk, "n")?), unsigned(member(jwk, "e")?));
    let leading = n.first().ok_or("an empty modulus")?.leading_zeros() as usize;
    if !RSA_BITS.contains(&(n.len() * 8 - leading)) {
        return Err("an RSA key of less than 2048 or more than 8192 bits");
    }
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|byte| byte % 2 == 1);
    // e = 1 verifies everything.
    if !odd(&n) || !odd(&e) || e == [1] || e.len() > 8 {
        return Err("not an RSA public key");
    }
    let decoding = DecodingKey::from_rsa_raw_components(&n, &e);
    Ok((KeyKind::Rsa, [n, e].concat(), decoding))
}

fn ec(jwk: &Map<String, Value>) -> Result<Material, &'static str> {
    let (kind, size, curve) = match jwk.get("crv").and_then(Value::as_str) {
        Some("P-256") => (KeyKind::P256, 32, &ECDSA_P256_SHA256_FIXED),
        Some("P-384") => (KeyKind::P384, 48, &ECDSA_P384_SHA384_FIXED),
        _ => return Err("an unknown EC curve"),
    };
    let (x, y) = (member(jwk, "x")?, member(jwk, "y")?);
    if x.len() != size || y.len() != size {
        return Err("coordinates of another curve");
    }
    let point = [vec![4], x, y].concat();
    ParsedPublicKey::new(curve, &point).map_err(|_| "a point that is not on its curve")?;
    let decoding = DecodingKey::from_ec_der(&point);
    Ok((kind, point, decoding))
}

fn okp(jwk: &Map<String, Value>) -> Result<Material, &'static str> {
    if jwk.get("crv").and_then(Value::as_str) != Some("Ed25519") {
        return Err("an unknown OKP curve");
    }
    let x = member(jwk, "x")?;
    if x.len() != 32 {
        return Err("not an Ed25519 key");
    }
    let decoding = DecodingKey::from_ed_der(&x);
    Ok((KeyKind::Ed25519, x, decoding))
}
