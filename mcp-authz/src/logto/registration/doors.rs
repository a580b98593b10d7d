//! Who may register, and who may manage what was registered.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri};

use super::audit;
use super::refusal::Refusal;
use super::registrant::Registrant;
use super::right::Right;
use super::secrecy;
use crate::AuthInfo;
use crate::bearer::{self, BearerToken, Credentials, Scheme};
use crate::layer::Callers;
use crate::token::secret::Secret;

/// What a registration access token begins with: no access token does.
const PREFIX: &str = "registration.";

/// The ways in that the operator opened.
pub(super) struct Doors {
    /// Who verifies access tokens: the gated server itself, and nobody else.
    pub(super) callers: Arc<dyn Callers>,
    /// Whether people may register in the operator's own applications.
    pub(super) first_party: bool,
    /// Initial access tokens (RFC 7591 §1.2) by name.
    pub(super) tokens: Vec<(String, Secret)>,
    /// Whether somebody may register without saying who they are.
    pub(super) open: bool,
}

/// Whom a request is from.
enum Presented {
    Nobody,
    Owner(Registrant),
    /// Who has a registration access token, for whatever it is good for.
    Token(Secret),
}

impl Doors {
    /// Who wants to register. Credentials that are no good are never taken for none.
    pub(super) async fn registrant(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Registrant, Response> {
        match self.presented(headers, uri).await? {
            Presented::Owner(owner) => Ok(owner),
            Presented::Nobody if self.open => Ok(Registrant::nobody()),
            Presented::Nobody => Err(self.unauthenticated()),
            Presented::Token(_) => Err(refused(Refusal::unauthorized())),
        }
    }

    /// By what right somebody asks for an application.
    pub(super) async fn right(&self, headers: &HeaderMap, uri: &Uri) -> Result<Right, Response> {
        match self.presented(headers, uri).await? {
            Presented::Owner(owner) => Ok(Right::Owner(owner)),
            Presented::Token(token) => Ok(Right::Token(token)),
            Presented::Nobody => Err(self.unauthenticated()),
        }
    }

    async fn presented(&self, headers: &HeaderMap, uri: &Uri) -> Result<Presented, Response> {
        match bearer::read(headers, uri.query(), &[Scheme::Bearer]) {
            Credentials::Token(token) => self.judge(&token).await,
            Credentials::Missing => Ok(Presented::Nobody),
            Credentials::Malformed => Err(refused(Refusal::malformed())),
            _ => Err(refused(Refusal::unauthorized())),
        }
    }

    async fn judge(&self, token: &BearerToken) -> Result<Presented, Response> {
        // Each is compared, whichever it is.
        let mut holder = None;
        for (name, own) in &self.tokens {
            if secrecy::same(own.expose(), token.expose()) {
                holder = Some(Registrant::holder(name));
            }
        }
        if let Some(holder) = holder {
            return Ok(Presented::Owner(holder));
        }
        if token.expose().starts_with(PREFIX) {
            return Ok(Presented::Token(Secret::new(token.expose())));
        }
        if !self.first_party {
            return Err(refused(Refusal::unauthorized()));
        }
        let caller = self.callers.identify(token).await;
        let caller = caller.map_err(|answer| {
            audit::not_admitted(answer.status());
            answer.map(Body::new)
        })?;
        let person = person(&caller).ok_or_else(|| refused(Refusal::not_for_you()))?;
        Ok(Presented::Owner(person))
    }

    fn unauthenticated(&self) -> Response {
        audit::not_admitted(StatusCode::UNAUTHORIZED);
        match self.first_party {
            // Where an access token helps, clients are told as by the server itself.
            true => self.callers.challenge().map(Body::new),
            false => Refusal::unauthenticated().into_response(),
        }
    }
}

/// A person in one of the operator's applications: no agent's user, and no program.
fn person(caller: &AuthInfo) -> Option<Registrant> {
    let subject = caller.subject()?;
    // A machine's token names the machine itself (Logto's `sub` is then the client).
    let is_person = caller.client_id() != Some(subject);
    (caller.is_first_party() && is_person).then(|| Registrant::person(caller.issuer(), subject))
}

/// A registration access token (RFC 7592 §3): 256 random bits.
pub(super) fn registration_token() -> Result<Secret, Refusal> {
    Ok(Secret::new(format!("{PREFIX}{}", secrecy::random()?)))
}

fn refused(refusal: Refusal) -> Response {
    audit::refused("admitted", None, &refusal);
    refusal.into_response()
}
