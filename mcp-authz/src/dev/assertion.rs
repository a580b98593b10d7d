//! A client that proves itself with a signed assertion (`private_key_jwt`: RFC 7523 §3, OpenID
//! Connect Core §9).

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::provider::Provider;

/// `client_assertion_type` (RFC 7523 §2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How assertions may be signed, as metadata names it.
pub(super) const ALGORITHMS: [&str; 5] = ["ES256", "ES384", "EdDSA", "PS256", "RS256"];

/// No assertion may live longer, in seconds: it is used at once.
const LONGEST: u64 = 3600;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: u64,
    jti: String,
}

/// The public key in a JWK, or what is wrong with it.
pub(super) fn read_key(jwk: Value) -> Result<Jwk, &'static str> {
    let key: Jwk = serde_json::from_value(jwk).map_err(|_| "its key is no JWK")?;
    match key.algorithm {
        AlgorithmParameters::EllipticCurve(_)
        | AlgorithmParameters::OctetKeyPair(_)
        | AlgorithmParameters::RSA(_) => Ok(key),
        _ => Err("its key is not a public one: take the public half of an EC, OKP or RSA key"),
    }
}

/// Whether `assertion` was signed by the key of `client`, for this provider, and is new.
pub(super) fn is_good(
    provider: &Provider,
    client: &Client,
    key: &Jwk,
    assertion: &str,
    now: u64,
) -> bool {
    let audiences = [
        provider.issuer.clone(),
        format!("{}/token", provider.issuer),
    ];
    let Some(claims) = verified(key, &audiences, assertion) else {
        return false;
    };
    let own = claims.iss == client.id && claims.sub == client.id;
    own && claims.exp > now
        && claims.exp <= now + LONGEST
        && provider
            .store
            .lock()
            .use_assertion(&client.id, &claims.jti, now, claims.exp)
}

fn verified(key: &Jwk, audiences: &[String], assertion: &str) -> Option<Claims> {
    let algorithm = jsonwebtoken::decode_header(assertion).ok()?.alg;
    if !is_listed(algorithm) {
        return None;
    }
    let mut validation = Validation::new(algorithm);
    validation.set_audience(audiences);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    let key = DecodingKey::from_jwk(key).ok()?;
    let decoded = jsonwebtoken::decode(assertion, &key, &validation);
    Some(decoded.ok()?.claims)
}

fn is_listed(algorithm: Algorithm) -> bool {
    ALGORITHMS
        .iter()
        .any(|own| own.parse().is_ok_and(|own: Algorithm| own == algorithm))
}
