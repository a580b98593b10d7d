//! One proof, and everything that RFC 9449 §4.3 asks of it but its being new.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use url::Url;

use super::super::jose::{self, is_identifier};
use super::super::jwks::Key;
use super::super::{Algorithm, Reject, claims};
use super::{Fault, Thumbprint};

/// How far `iat` may be from now, either way (SEP-1932: five minutes).
pub(super) const WINDOW: Duration = Duration::from_secs(300);

/// The longest proof that is looked at, in bytes: twice what one with an RSA key of 4096 bits takes.
const MAX_PROOF: usize = 8 * 1024;

/// The longest `jti` or `nonce`, in bytes.
const MAX_IDENTIFIER: usize = 256;

/// What a proof must be about.
pub(super) struct Expected<'a> {
    pub(super) algorithms: &'a [Algorithm],
    pub(super) method: &'a str,
    /// Without query and fragment.
    pub(super) uri: &'a Url,
    pub(super) token: &'a str,
    /// The key that the token is bound to.
    pub(super) key: Thumbprint,
    pub(super) now: SystemTime,
}

/// What is left to look at once the signature is good.
pub(super) struct Checked {
    pub(super) id: String,
    pub(super) nonce: Option<String>,
}

/// Checks a proof, in the order of the cost of each check.
pub(super) fn check(proof: &str, expected: &Expected<'_>) -> Result<Checked, Fault> {
    if proof.len() > MAX_PROOF {
        return Err(Reject("proof: longer than 8 KiB").into());
    }
    let parts = jose::split(proof)?;
    let (algorithm, jwk) = read_header(&parts.header)?;
    let allowed = [algorithm];
    if !expected.algorithms.contains(&algorithm) {
        return Err(Reject("proof alg: not allowed here").into());
    }
    // Refuses private and symmetric keys, too.
    let key = Key::parse(jwk, &allowed).map_err(|_| Reject("proof jwk: no usable public key"))?;
    if Thumbprint::of(jwk) != Some(expected.key) {
        return Err(Fault::Token(Reject(
            "cnf: the token is bound to another key",
        )));
    }
    let checked = check_claims(&parts.claims, expected)?;
    key.verify(algorithm, parts.signed, &parts.signature)
        .map_err(|_| Reject("proof signature: does not verify"))?;
    Ok(checked)
}

fn read_header(header: &Map<String, Value>) -> Result<(Algorithm, &Map<String, Value>), Reject> {
    if header.get("typ").and_then(Value::as_str) != Some("dpop+jwt") {
        return Err(Reject("proof typ: not `dpop+jwt`"));
    }
    if ["jku", "x5u", "x5c"]
        .iter()
        .any(|name| header.contains_key(*name))
    {
        return Err(Reject("proof header: a second key (`jku`, `x5u` or `x5c`)"));
    }
    let jwk = header.get("jwk").and_then(Value::as_object);
    Ok((
        jose::algorithm(header)?,
        jwk.ok_or(Reject("proof jwk: missing"))?,
    ))
}

fn check_claims(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<Checked, Reject> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(expected.method) {
        return Err(Reject("proof htm: not the method of the request"));
    }
    if text("htu").and_then(plain_url).as_ref() != Some(expected.uri) {
        return Err(Reject("proof htu: not the URI of the resource"));
    }
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, expected.token.as_bytes()));
    if text("ath") != Some(hash.as_str()) {
        return Err(Reject("proof ath: not the hash of the access token"));
    }
    check_dates(claims, expected.now)?;
    let id = text("jti").filter(|id| is_identifier(id, MAX_IDENTIFIER));
    let nonce = match claims.get("nonce") {
        None => None,
        Some(Value::String(nonce)) if is_identifier(nonce, MAX_IDENTIFIER) => Some(nonce.clone()),
        Some(_) => return Err(Reject("proof nonce: not a plain non-empty string")),
    };
    Ok(Checked {
        id: id
            .ok_or(Reject("proof jti: not a plain non-empty string"))?
            .to_owned(),
        nonce,
    })
}

/// `iat` within the window; `exp` and `nbf` are not asked for, but mean what they say (RFC 7519 §4.1).
fn check_dates(claims: &Map<String, Value>, now: SystemTime) -> Result<(), Reject> {
    let date = |name| claims::date(claims, name, Reject("proof iat, exp, nbf: not a date"));
    let made = date("iat")?.ok_or(Reject("proof iat: missing"))?;
    // In whole seconds, as `iat` is.
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    };
    if seconds(made).abs_diff(seconds(now)) > WINDOW.as_secs() {
        return Err(Reject("proof iat: not within five minutes of now"));
    }
    if date("exp")?.is_some_and(|end| now >= end + WINDOW)
        || date("nbf")?.is_some_and(|start| start > now + WINDOW)
    {
        return Err(Reject("proof exp, nbf: not now"));
    }
    Ok(())
}

/// A URL in its normal form (RFC 3986 §6.2.2–3), without query and fragment, which RFC 9449 §4.3
/// ignores. Nothing that two readers could take for two addresses.
pub(super) fn plain_url(text: &str) -> Option<Url> {
    // The parser would drop white space and turn backslashes into slashes.
    if text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
    {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    (url.username().is_empty() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_normal_form() {
        let same = |a: &str, b: &str| plain_url(a).is_some() && plain_url(a) == plain_url(b);
        for other in [
            "https://h.example/mcp",
            "https://h.example:443/mcp",
            "HTTPS://H.EXAMPLE/mcp",
            "https://h.example/a/../mcp",
            "https://h.example/mcp?x=1#y",
        ] {
            assert!(same("https://h.example/mcp", other), "{other}");
        }
        for other in [
            "https://h.example/mcp/",
            "https://h.example/MCP",
            "https://h.example:8443/mcp",
            "http://h.example/mcp",
            "https://h.example.evil/mcp",
            "https://u@h.example/mcp",
            "https:\\\\h.example\\mcp",
            " https://h.example/mcp",
            "https://h.exa\tmple/mcp",
            "/mcp",
            "",
        ] {
            assert!(!same("https://h.example/mcp", other), "{other:?}");
        }
        assert!(same("https://h.example", "https://h.example/"));
    }
}
