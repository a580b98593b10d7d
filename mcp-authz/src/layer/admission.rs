//! Before rmcp: where the request comes from, what it presents, and who that is.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

use super::origin::{Misplaced, Origins};
use crate::auth_info::AuthInfo;
use crate::bearer::{self, BearerToken, Credentials};
use crate::challenge::{Challenger, Denial, ResponseBody};
use crate::gate::{Admitted, Caller};
use crate::token::{Verifiers, VerifyError};

/// How long a client is asked to wait when it cannot be told.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Everything that is checked before a body is read.
pub(crate) struct Admission {
    pub(crate) origins: Origins,
    pub(crate) verifiers: Verifiers,
    pub(crate) challenger: Challenger,
    pub(crate) allow_anonymous: bool,
}

/// A request that rmcp never sees.
pub(super) enum Refusal {
    Misplaced(Misplaced),
    Denied(Denial),
}

impl Admission {
    /// Who calls; takes the token out of the request on the way, so that no handler can pass it on.
    pub(super) async fn admit<B>(&self, request: &mut Request<B>) -> Result<Caller, Refusal> {
        self.origins
            .check(request.uri(), request.headers())
            .map_err(Refusal::Misplaced)?;
        let credentials = bearer::read(request.headers(), request.uri().query());
        request.headers_mut().remove(AUTHORIZATION);
        request.extensions_mut().remove::<AuthInfo>();
        request.extensions_mut().remove::<Admitted>();
        let denial = match credentials {
            Credentials::Token(token) => return self.verify(&token).await.map(Some),
            Credentials::Missing if self.allow_anonymous => return Ok(None),
            // Somebody tried to say who they are: that is not the same as saying nothing.
            Credentials::Missing | Credentials::InQuery => self.challenger.unauthenticated(),
            Credentials::Malformed => Denial::MalformedCredentials,
            Credentials::Oversized => Denial::InvalidToken,
        };
        Err(Refusal::Denied(denial))
    }

    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, Refusal> {
        if let Some(caller) = self.verifiers.cached(token) {
            return Ok(caller);
        }
        self.verifiers
            .verify(token)
            .await
            .map_err(|error| Refusal::Denied(denial(&error)))
    }
}

/// Three outcomes, never two: an outage is not a bad token.
fn denial(error: &VerifyError) -> Denial {
    match error {
        VerifyError::Rejected(_) => {
            tracing::info!(%error, "token refused");
            Denial::InvalidToken
        }
        VerifyError::Unavailable { retry_after, .. } => {
            tracing::warn!(%error, "token not verified");
            Denial::Unavailable {
                retry_after: (*retry_after).max(RETRY_AFTER),
            }
        }
    }
}

impl Refusal {
    pub(super) fn respond(&self, challenger: &Challenger) -> Response<ResponseBody> {
        match self {
            Self::Denied(denial) => challenger.respond(denial),
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
