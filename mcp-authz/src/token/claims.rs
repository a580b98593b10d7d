//! What the claims of an access token must say (RFC 9068 §4), checked before any key is fetched.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::claim_options::ClaimOptions;
use super::jose::{Typ, is_identifier};
use super::{Reject, VerifyError, possession};
use crate::auth_info::AuthInfo;
use crate::danger::WithoutAudience;

/// The longest `sub` or `client_id`, in bytes (a client id may be a URL).
const MAX_IDENTIFIER: usize = 1024;

/// The first second of the year 10000: later dates are mistakes, and would overflow calendars.
const MAX_DATE: u64 = 253_402_300_800;

/// The oldest answer that can have been made for a question of now: the longest wait for one is a
/// few seconds.
const MAX_ANSWER_AGE: Duration = Duration::from_secs(60);

/// A caller by what the token says, while its signature has not been checked.
pub(crate) struct Unproven(AuthInfo);

impl Unproven {
    /// To be called once the issuer's key has verified the bytes that these claims came in.
    pub(crate) fn proven(self) -> AuthInfo {
        self.0
    }
}

/// What one issuer's tokens must look like at this resource.
#[derive(Debug)]
pub(crate) struct ClaimRules {
    pub(crate) issuer: String,
    /// The resource, and what its author lists besides.
    pub(crate) audiences: Vec<String>,
    pub(crate) accept_typ_jwt: bool,
    pub(crate) options: ClaimOptions,
    pub(crate) leeway: Duration,
}

impl ClaimRules {
    /// Checks everything that can be checked without a key.
    pub(crate) fn check(
        &self,
        typ: Typ,
        claims: Map<String, Value>,
        now: SystemTime,
    ) -> Result<Unproven, Reject> {
        self.check_kind(typ, &claims)?;
        self.options.check_required(&claims)?;
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(Reject("iss: not the configured issuer"));
        }
        let audience = self.audience(&claims, self.options.without_audience())?;
        let exp = self.lifetime(&claims, now)?.ok_or(Reject("exp: missing"))?;
        self.caller(claims, audience, Some(exp)).map(Unproven)
    }

    /// The caller that these claims name.
    pub(super) fn caller(
        &self,
        claims: Map<String, Value>,
        audience: Vec<String>,
        expires_at: Option<SystemTime>,
    ) -> Result<AuthInfo, Reject> {
        let subject = identifier(&claims, "sub", Reject("sub: not a plain non-empty string"))?;
        let client = self.options.client_id(&claims)?;
        if subject.is_none() && client.is_none() {
            return Err(Reject("sub, client_id: both missing"));
        }
        let mut caller = AuthInfo::builder(&self.issuer)
            .granted(self.options.scopes(&claims))
            .consent(self.options.consent())
            .audience(audience);
        if let Some(subject) = subject {
            caller = caller.subject(subject);
        }
        if let Some(client) = client {
            caller = match self.options.is_first_party(&client) {
                true => caller.client_id(client).first_party(),
                false => caller.client_id(client),
            };
        }
        if let Some(expires_at) = expires_at {
            caller = caller.expires_at(expires_at);
        }
        Ok(caller.claims(claims).build())
    }

    /// Other things that an issuer signs with the same keys are refused by their shape.
    fn check_kind(&self, typ: Typ, claims: &Map<String, Value>) -> Result<(), Reject> {
        if claims.contains_key("events") {
            return Err(Reject("events: a logout or security event token"));
        }
        possession::check_confirmation(claims)?;
        if typ == Typ::AccessToken {
            return Ok(());
        }
        if !self.accept_typ_jwt {
            return Err(Reject(
                "typ: not `at+jwt` (an issuer whose access tokens say `JWT` needs `.accept_typ_jwt()`)",
            ));
        }
        if ["nonce", "at_hash", "c_hash", "s_hash", "htm", "htu"]
            .iter()
            .any(|name| claims.contains_key(*name))
        {
            return Err(Reject("typ: an ID token or a proof, by its claims"));
        }
        // How Keycloak (`typ`) and Cognito (`token_use`) tell their tokens apart inside the claims.
        let says_otherwise = |name, expected: &str| {
            claims.get(name).is_some_and(|kind| {
                !kind
                    .as_str()
                    .is_some_and(|kind| kind.eq_ignore_ascii_case(expected))
            })
        };
        if says_otherwise("typ", "Bearer") || says_otherwise("token_use", "access") {
            return Err(Reject("typ: by its claims not an access token"));
        }
        Ok(())
    }

    /// One string or an array of strings, with us among them, byte for byte.
    ///
    /// The clients of `without` stand in for an audience that is missing, never for a wrong one.
    pub(super) fn audience(
        &self,
        claims: &Map<String, Value>,
        without: Option<&WithoutAudience>,
    ) -> Result<Vec<String>, Reject> {
        let audience = match claims.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => strings(several).ok_or(Reject("aud: not strings"))?,
            Some(_) => return Err(Reject("aud: neither a string nor an array")),
            None => return self.stand_in(claims, without),
        };
        if audience.iter().any(|one| self.audiences.contains(one)) {
            Ok(audience)
        } else {
            Err(Reject(
                "aud: issued for another resource (compared byte for byte with this server's: host, port, path and slash count; clients ask for it with `resource`, RFC 8707; what an issuer writes instead is listed with `.audience(..)`)",
            ))
        }
    }

    fn stand_in(
        &self,
        claims: &Map<String, Value>,
        without: Option<&WithoutAudience>,
    ) -> Result<Vec<String>, Reject> {
        let missing = Reject(
            "aud: missing (clients ask for this server's resource with `resource`, RFC 8707; see `danger::without_audience`)",
        );
        let without = without.ok_or(missing)?;
        match self.options.client_id(claims)? {
            Some(client) if without.contains(&client) => Ok(Vec::new()),
            _ => Err(missing),
        }
    }

    /// `exp`, `nbf` and `iat` of a token; returns `exp`.
    pub(super) fn lifetime(
        &self,
        claims: &Map<String, Value>,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, Reject> {
        let (iat, exp) = self.dates(claims, now)?;
        let life = iat.and_then(|iat| exp?.duration_since(iat).ok());
        self.options.check_lifetime(life)?;
        Ok(exp)
    }

    /// `exp`, `nbf` and `iat` of anything that the issuer says, each once with leeway; returns `iat`
    /// and `exp`.
    pub(super) fn dates(
        &self,
        claims: &Map<String, Value>,
        now: SystemTime,
    ) -> Result<(Option<SystemTime>, Option<SystemTime>), Reject> {
        let exp = date(claims, "exp", Reject("exp: not a date"))?;
        if exp.is_some_and(|exp| self.is_over(exp, now)) {
            return Err(EXPIRED);
        }
        let iat = date(claims, "iat", Reject("iat: not a date"))?;
        let nbf = date(claims, "nbf", Reject("nbf: not a date"))?;
        if [iat, nbf]
            .into_iter()
            .flatten()
            .any(|start| start > now + self.leeway)
        {
            return Err(TO_COME);
        }
        if matches!((iat, exp), (Some(iat), Some(exp)) if iat > exp) {
            return Err(Reject("iat: after exp"));
        }
        Ok((iat, exp))
    }

    /// The dates of an answer that was made for a question of now.
    pub(super) fn answered(
        &self,
        claims: &Map<String, Value>,
        now: SystemTime,
    ) -> Result<(), Reject> {
        let (made, _) = self.dates(claims, now)?;
        let made = made.ok_or(Reject("iat: missing"))?;
        if now > made + MAX_ANSWER_AGE + self.leeway {
            return Err(Reject("iat: the answer to an earlier question"));
        }
        Ok(())
    }

    /// Whether a token that ends at `exp` is over at `now`, leeway included.
    pub(crate) fn is_over(&self, exp: SystemTime, now: SystemTime) -> bool {
        now >= exp + self.leeway
    }
}

/// All of them strings, or nothing.
const EXPIRED: Reject = Reject("exp: expired");
const TO_COME: Reject = Reject("nbf, iat: in the future");

/// The dates of a token, for the operator: by how much they are missed tells a clock that goes wrong
/// from a client that does not refresh.
pub(super) struct Dates {
    exp: Option<SystemTime>,
    begin: Option<SystemTime>,
    now: SystemTime,
}

impl Dates {
    pub(super) fn of(claims: &Map<String, Value>, now: SystemTime) -> Self {
        let read = |name| date(claims, name, EXPIRED).ok().flatten();
        Self {
            exp: read("exp"),
            begin: read("nbf").max(read("iat")),
            now,
        }
    }

    /// The refusal, with that.
    pub(super) fn explain(&self, reject: Reject) -> VerifyError {
        let off = match reject {
            EXPIRED => self.exp.and_then(|exp| self.now.duration_since(exp).ok()),
            TO_COME => self.begin.and_then(|at| at.duration_since(self.now).ok()),
            _ => None,
        };
        match (off, reject) {
            (Some(off), EXPIRED) => {
                VerifyError::rejected(format!("{}, {} s ago", EXPIRED.0, off.as_secs()))
            }
            (Some(off), _) => {
                VerifyError::rejected(format!("{}, by {} s", reject.0, off.as_secs()))
            }
            (None, _) => reject.into(),
        }
    }
}

fn strings(values: &[Value]) -> Option<Vec<String>> {
    values
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

pub(super) fn identifier(
    claims: &Map<String, Value>,
    name: &str,
    otherwise: Reject,
) -> Result<Option<String>, Reject> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_identifier(text, MAX_IDENTIFIER) => Ok(Some(text.clone())),
        Some(_) => Err(otherwise),
    }
}

/// A NumericDate (RFC 7519 §2): seconds since 1970, a fraction allowed and dropped.
pub(super) fn date(
    claims: &Map<String, Value>,
    name: &str,
    otherwise: Reject,
) -> Result<Option<SystemTime>, Reject> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = match value {
        Value::Number(number) => number
            .as_u64()
            .or_else(|| number.as_f64().and_then(whole_seconds)),
        _ => None,
    };
    match seconds {
        Some(seconds) if seconds < MAX_DATE => {
            Ok(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)))
        }
        _ => Err(otherwise),
    }
}

fn whole_seconds(seconds: f64) -> Option<u64> {
    // Refuses negatives, NaN, infinities and what exceeds the range.
    Duration::try_from_secs_f64(seconds)
        .ok()
        .map(|duration| duration.as_secs())
}
