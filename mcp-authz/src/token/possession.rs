//! Whether who presents a token may use it: a token that is bound to a key takes more than to hold it.

use std::sync::Arc;

use serde_json::{Map, Value};

#[cfg(feature = "dpop")]
use super::dpop::Thumbprint;
use super::exchange::{Exchanger, Inbound};
use super::issuer_verifier::IssuerVerifier;
use super::secret::Secret;
use super::{Reject, Unverified, Verifiers};
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;

/// The caller of a verified token, as long as nobody has checked that its presenter may use it.
///
/// Every verifier's outcome passes through here, so that none has to remember what `cnf` means.
pub(crate) struct Verified {
    caller: AuthInfo,
    /// Who may see the token again: the issuer that verified it, and nobody for one that another has.
    exchanger: Option<Arc<Exchanger>>,
}

impl Verified {
    /// The caller of a token that this issuer has issued.
    pub(super) fn by(issuer: &IssuerVerifier, caller: AuthInfo) -> Self {
        Self {
            caller,
            exchanger: issuer.exchanger(),
        }
    }

    /// The caller of a token that is no issuer's, whatever its verifier calls it.
    pub(super) fn by_custom(caller: AuthInfo) -> Self {
        Self {
            caller,
            exchanger: None,
        }
    }

    /// The caller, whoever presents the token.
    #[cfg(test)]
    pub(super) fn caller(self) -> AuthInfo {
        self.caller
    }

    /// What is kept of the token, once it is verified.
    pub(crate) fn inbound(&self, token: &BearerToken) -> Inbound {
        match &self.exchanger {
            Some(exchanger) => Inbound::keep(Secret::new(token.expose()), Arc::clone(exchanger)),
            None => Inbound::NOT_ASKED_FOR,
        }
    }

    /// Whose token it is, for the operator.
    #[cfg(feature = "dpop")]
    pub(crate) fn presented(&self) -> AuthInfo {
        self.caller.clone()
    }

    /// The caller, where to hold the token is enough (RFC 6750 §1.2).
    ///
    /// # Errors
    ///
    /// For every token with a `cnf` (RFC 7800 §3): its owner asked that possession alone must not do
    /// (RFC 9449 §7.2, RFC 8705 §3).
    pub(crate) fn by_bearer(self) -> Result<AuthInfo, (AuthInfo, Reject)> {
        if self.caller.is_confirmed() {
            return Err((self.caller, PRESENTED_AS_BEARER));
        }
        Ok(self.caller)
    }

    /// The caller, and the key whose holder may be that caller.
    ///
    /// # Errors
    ///
    /// For a token that is bound to no key (RFC 9449 §7.1), or to one of another kind.
    #[cfg(feature = "dpop")]
    pub(super) fn by_key(self) -> Result<(AuthInfo, Thumbprint), Reject> {
        let key = bound_to(self.caller.claims())?;
        let key = key.ok_or(Reject("cnf: missing, though the scheme is DPoP"))?;
        Ok((self.caller, key))
    }
}

impl Verifiers {
    /// The caller behind `token`, known from before or verified now.
    ///
    /// # Errors
    ///
    /// [`Rejected`](super::VerifyError::Rejected) → 401, [`Unavailable`](super::VerifyError::Unavailable) → 503.
    pub(crate) async fn judge<'a>(
        &'a self,
        token: &BearerToken,
    ) -> Result<Verified, Unverified<'a>> {
        match self.cached(token) {
            Some(verified) => Ok(verified),
            // Apart: every request would carry the room that it takes.
            None => Box::pin(self.identify(token)).await,
        }
    }
}

const PRESENTED_AS_BEARER: Reject = Reject("cnf: a sender-constrained token presented as bearer");

/// Refuses, before any key is fetched, a token that nobody could present here.
#[cfg(not(feature = "dpop"))]
pub(super) fn check_confirmation(claims: &Map<String, Value>) -> Result<(), Reject> {
    if claims.contains_key("cnf") {
        return Err(PRESENTED_AS_BEARER);
    }
    Ok(())
}

/// Refuses, before any key is fetched, a token that nobody could present here.
#[cfg(feature = "dpop")]
pub(super) fn check_confirmation(claims: &Map<String, Value>) -> Result<(), Reject> {
    bound_to(claims).map(drop)
}

/// The key of a DPoP-bound token (RFC 9449 §6.1). A `cnf` with anything else in it asks for a proof
/// that we cannot check, such as a client certificate (RFC 8705 §3.1).
#[cfg(feature = "dpop")]
fn bound_to(claims: &Map<String, Value>) -> Result<Option<Thumbprint>, Reject> {
    let Some(confirmation) = claims.get("cnf") else {
        return Ok(None);
    };
    let members = confirmation
        .as_object()
        .filter(|members| members.len() == 1);
    members
        .and_then(|members| members.get("jkt"))
        .and_then(Value::as_str)
        .and_then(Thumbprint::parse)
        .map(Some)
        .ok_or(Reject(
            "cnf: a sender-constrained token, bound to something else than one DPoP key",
        ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_verified_it_a_token_with_cnf_is_no_bearer_token() {
        let verified = |claims: Value| {
            let claims = claims.as_object().cloned().unwrap_or_default();
            Verified::by_custom(AuthInfo::builder("https://h").claims(claims).build())
        };
        assert!(verified(json!({})).by_bearer().is_ok());
        let jkt = "A".repeat(43);
        for cnf in [
            json!({ "jkt": jkt }),
            json!({"x5t#S256": "x"}),
            json!({}),
            json!([]),
            Value::Null,
        ] {
            let outcome = verified(json!({ "cnf": cnf })).by_bearer();
            let reject = outcome.err().map(|(_, reject)| reject);
            assert_eq!(reject, Some(PRESENTED_AS_BEARER), "{cnf}");
        }
    }

    #[cfg(feature = "dpop")]
    #[test]
    fn a_key_is_the_only_thing_that_a_token_may_be_bound_to() {
        let key = |cnf: Value| bound_to(json!({ "cnf": cnf }).as_object().unwrap());
        let jkt = "A".repeat(43);
        assert!(matches!(key(json!({ "jkt": jkt })), Ok(Some(_))));
        assert!(matches!(bound_to(&Map::new()), Ok(None)));
        for cnf in [
            json!({ "jkt": jkt, "x5t#S256": jkt }),
            json!({ "x5t#S256": jkt }),
            json!({ "jwk": {} }),
            json!({ "jkt": "A".repeat(42) }),
            json!({ "jkt": "A".repeat(44) }),
            json!({ "jkt": format!("{}=", "A".repeat(43)) }),
            json!({ "jkt": 1 }),
            json!({}),
            json!(jkt),
            Value::Null,
        ] {
            assert!(key(cnf.clone()).is_err(), "{cnf}");
        }
    }
}
