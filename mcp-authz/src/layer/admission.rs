//! Before rmcp: where the request comes from, what it presents, and who that is.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

use super::origin::{HostRule, Misplaced, OriginRule, Origins};
use crate::audit::Audit;
use crate::auth_info::AuthInfo;
use crate::bearer::{self, BearerToken, Credentials, Scheme};
use crate::challenge::{Challenger, Denial, ResponseBody};
use crate::gate::{Admitted, Caller};
#[cfg(feature = "dpop")]
use crate::token::DpopVerifier;
use crate::token::{Inbound, Unverified, Verified, Verifiers, VerifyError};

/// How long a client is asked to wait when it cannot be told.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Everything that is checked before a body is read.
pub(crate) struct Admission {
    pub(crate) origins: Origins,
    pub(crate) verifiers: Verifiers,
    pub(crate) challenger: Challenger,
    pub(crate) audit: Audit,
    pub(crate) allow_anonymous: bool,
    #[cfg(feature = "dpop")]
    pub(crate) dpop: Option<DpopVerifier>,
}

/// A request that may go on.
#[derive(Debug)]
pub(super) struct Admittance {
    pub(super) caller: Caller,
    /// What is kept of the token.
    pub(super) inbound: Inbound,
    /// How the token was presented: a later refusal is written in the same scheme.
    pub(super) scheme: Option<Scheme>,
    /// What the answer hands out besides.
    pub(super) nonce: Option<HeaderValue>,
}

/// A request that rmcp never sees.
pub(super) enum Refusal {
    Misplaced(Misplaced),
    Denied(Denial, Option<Scheme>),
}

impl Admission {
    /// Who calls; takes the token and its proof out of the request on the way, so that no handler can
    /// pass them on.
    pub(super) async fn admit<B>(&self, request: &mut Request<B>) -> Result<Admittance, Refusal> {
        self.origins
            .check(request.uri(), request.headers())
            .map_err(|misplaced| self.misplaced_by(misplaced, request.headers()))?;
        let credentials = bearer::read(request.headers(), request.uri().query(), self.schemes());
        request.headers_mut().remove(AUTHORIZATION);
        request.headers_mut().remove(bearer::PROOF);
        request.extensions_mut().remove::<AuthInfo>();
        request.extensions_mut().remove::<Admitted>();
        let denial = match credentials {
            Credentials::Token(token) => return self.by_bearer(&token).await,
            #[cfg(feature = "dpop")]
            Credentials::Bound { token, proof } => {
                return self.by_proof(&token, request.method(), proof).await;
            }
            Credentials::Missing if self.allow_anonymous => return Ok(Admittance::anonymous()),
            // Somebody tried to say who they are: that is not the same as saying nothing.
            Credentials::Missing => {
                tracing::debug!("challenged: without a token");
                self.audit.turned_away(|| "no token".to_owned());
                self.challenger.unauthenticated()
            }
            Credentials::Unusable => {
                self.turn_away(
                    "credentials refused: another scheme, nothing behind it, or a token in the query",
                );
                self.challenger.unauthenticated()
            }
            Credentials::Malformed => {
                self.turn_away(
                    "credentials refused: more than one, or not of the form that they name",
                );
                Denial::MalformedCredentials
            }
            Credentials::Oversized => {
                self.turn_away("token refused: it is longer than any that is verified");
                Denial::InvalidToken
            }
        };
        Err(Refusal::Denied(denial, None))
    }

    pub(super) async fn by_bearer(&self, token: &BearerToken) -> Result<Admittance, Refusal> {
        let denied = |denial| Refusal::Denied(denial, Some(Scheme::Bearer));
        #[cfg(feature = "dpop")]
        if self.dpop.as_ref().is_some_and(DpopVerifier::is_required) {
            self.turn_away("token refused: presented as bearer where DPoP is required");
            return Err(denied(Denial::InvalidToken));
        }
        let verified = self.judge(token).await.map_err(denied)?;
        let inbound = verified.inbound(token);
        let caller = verified.by_bearer().map_err(|(caller, reject)| {
            let (issuer, error) = (Some(caller.issuer()), reject.into());
            denied(self.unverified(&Unverified { issuer, error }))
        })?;
        Ok(Admittance {
            caller: Some(caller),
            inbound,
            scheme: Some(Scheme::Bearer),
            nonce: None,
        })
    }

    #[cfg(not(feature = "dpop"))]
    fn schemes(&self) -> &'static [Scheme] {
        &[Scheme::Bearer]
    }

    pub(super) async fn judge(&self, token: &BearerToken) -> Result<Verified, Denial> {
        let verified = self.verifiers.judge(token).await;
        verified.map_err(|unverified| self.unverified(&unverified))
    }

    pub(super) fn unverified(&self, unverified: &Unverified<'_>) -> Denial {
        let denial = denial(unverified);
        let reason = || unverified.to_string();
        match denial {
            Denial::Unavailable { .. } => self.audit.not_verified(reason),
            _ => self.audit.turned_away(reason),
        }
        denial
    }

    /// The operator learns why; the client, that it was.
    fn turn_away(&self, why: &'static str) {
        tracing::info!("{why}");
        self.audit.turned_away(|| why.to_owned());
    }

    /// Behind a proxy this is the first thing to go wrong, so the operator learns what was named; a value
    /// that could be no rule either is not repeated.
    fn misplaced_by(&self, misplaced: Misplaced, headers: &HeaderMap) -> Refusal {
        let named = |header| headers.get(header)?.to_str().ok();
        let (named, why) = match misplaced {
            Misplaced::Host => (
                named(HOST).filter(|host| HostRule::parse(host).is_some()),
                "refused: not a host of this server (`allowed_hosts`)",
            ),
            Misplaced::Origin => (
                named(ORIGIN).filter(|origin| OriginRule::parse(origin).is_some()),
                "refused: not a page of this server (`allowed_origins`)",
            ),
        };
        match misplaced {
            Misplaced::Host => tracing::info!(host = named, "{why}"),
            Misplaced::Origin => tracing::info!(origin = named, "{why}"),
        }
        self.audit.turned_away(|| match named {
            Some(named) => format!("{why}: {named}"),
            None => why.to_owned(),
        });
        Refusal::Misplaced(misplaced)
    }

    /// The answer to a refused request.
    pub(super) fn refuse(&self, denial: &Denial, used: Option<Scheme>) -> Response<ResponseBody> {
        let response = self.challenger.respond(denial, used);
        #[cfg(feature = "dpop")]
        let response = self.with_nonce(response);
        response
    }
}

impl Admittance {
    const fn anonymous() -> Self {
        Self {
            caller: None,
            inbound: Inbound::NOT_ASKED_FOR,
            scheme: None,
            nonce: None,
        }
    }
}

/// Three outcomes, never two: an outage is not a bad token. The operator learns whose rules the token
/// was judged by and what to change, and nothing that the token says but by how much its dates are missed
/// and which key it names.
pub(crate) fn denial(Unverified { issuer, error }: &Unverified<'_>) -> Denial {
    match error {
        VerifyError::Rejected(_) => {
            tracing::info!(issuer, %error, "token refused");
            Denial::InvalidToken
        }
        VerifyError::Unavailable {
            retry_after,
            reason,
        } => {
            tracing::warn!(issuer, %error, "token not verified");
            Denial::Unavailable {
                retry_after: (*retry_after).max(RETRY_AFTER),
                reason: reason.clone(),
            }
        }
    }
}

impl Refusal {
    pub(super) fn respond(&self, admission: &Admission) -> Response<ResponseBody> {
        match self {
            Self::Denied(denial, used) => admission.refuse(denial, *used),
            // No challenge: no token could cure it.
            Self::Misplaced(misplaced) => {
                let body = Full::new(Bytes::from_static(misplaced.words().as_bytes())).boxed();
                let mut response = Response::new(body);
                *response.status_mut() = StatusCode::FORBIDDEN;
                response
                    .headers_mut()
                    .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
        }
    }
}
