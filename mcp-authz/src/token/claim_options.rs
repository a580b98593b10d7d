//! Where one issuer's tokens say what: scopes, client, and what else must be there.

mod of_issuer;
#[cfg(feature = "testing")]
mod written;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Reject;
use super::claim_path::ClaimPath;
use super::claims::identifier;
use crate::consented::ScopeClaims;
use crate::danger::WithoutAudience;
use crate::scope::{Scope, ScopeSet};

/// How to read the claims of one issuer's access tokens.
#[derive(Clone, Debug)]
pub(crate) struct ClaimOptions {
    /// Read together: more than one only where the author asked for it.
    scopes: Vec<ScopeSource>,
    scope_prefix: String,
    /// The first that is there; empty is `client_id`, which may be absent.
    pub(super) client_id: Vec<String>,
    required: Vec<(ClaimPath, Value)>,
    max_lifetime: Option<Duration>,
    consent: Arc<ScopeClaims>,
    without_audience: Option<WithoutAudience>,
    /// The operator's own, where the author says which those are.
    first_party: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ScopeSource {
    /// `scope` (RFC 9068 §2.2.3), else `scp`.
    Standard,
    Claim(ClaimPath),
}

impl Default for ClaimOptions {
    fn default() -> Self {
        Self {
            scopes: vec![ScopeSource::Standard],
            scope_prefix: String::new(),
            client_id: Vec::new(),
            required: Vec::new(),
            max_lifetime: None,
            consent: Arc::default(),
            without_audience: None,
            first_party: None,
        }
    }
}

impl ClaimOptions {
    /// What is wrong with the options, in sentences that say what to write instead.
    pub(super) fn problems(&self) -> Vec<&'static str> {
        let mut problems = Vec::new();
        let mut refuse = |wrong, what| {
            if wrong {
                problems.push(what);
            }
        };
        refuse(
            self.scopes.iter().any(
                |source| matches!(source, ScopeSource::Claim(claim) if !claim.is_well_formed()),
            ),
            "a scope claim has no name, or a path with an empty part: write it like \"realm_access.roles\"",
        );
        refuse(
            self.required
                .iter()
                .any(|(claim, _)| !claim.is_well_formed()),
            "a required claim has no name, or a path with an empty part",
        );
        refuse(
            self.client_id.iter().any(String::is_empty),
            "the client id claim has no name: name it, or leave `.client_id_claim(..)` out",
        );
        refuse(
            !self.scope_prefix.is_empty() && self.scope_prefix.parse::<Scope>().is_err(),
            "the scope prefix has characters that no scope may have (RFC 6749 section 3.3)",
        );
        refuse(
            self.max_lifetime == Some(Duration::ZERO),
            "no token lives for 0 s: write a longer `.max_token_lifetime(..)`",
        );
        refuse(
            self.without_audience
                .as_ref()
                .is_some_and(WithoutAudience::is_empty),
            "without an audience somebody must stand in for it: name clients in `danger::without_audience([..])`",
        );
        let own = self.first_party.as_ref();
        refuse(
            own.is_some_and(|own| own.is_empty() || own.iter().any(String::is_empty)),
            "its first-party clients have no name: write their ids in `.first_party([..])`, or leave it out (is an environment variable empty?)",
        );
        problems
    }

    /// What the person consented to. An odd shape grants nothing.
    pub(super) fn scopes(&self, claims: &Map<String, Value>) -> ScopeSet {
        let read = match &self.scopes[..] {
            [only] => only.read(claims),
            several => several
                .iter()
                .flat_map(|source| source.read(claims))
                .collect(),
        };
        if self.scope_prefix.is_empty() {
            return read;
        }
        read.iter()
            .filter_map(|scope| format!("{}{scope}", self.scope_prefix).parse().ok())
            .collect()
    }

    /// The client, by the first claim that is there.
    pub(super) fn client_id(&self, claims: &Map<String, Value>) -> Result<Option<String>, Reject> {
        const ODD: Reject = Reject("client_id: not a plain non-empty string");
        if self.client_id.is_empty() {
            return identifier(claims, "client_id", ODD);
        }
        let present = self
            .client_id
            .iter()
            .find(|name| claims.contains_key(*name))
            .ok_or(Reject("client_id: the issuer's claim for it is missing"))?;
        identifier(claims, present, ODD)
    }

    /// What the author wants to see in every token of this issuer.
    pub(super) fn check_required(&self, claims: &Map<String, Value>) -> Result<(), Reject> {
        let holds = |(claim, value): &(ClaimPath, Value)| claim.find(claims) == Some(value);
        if self.required.iter().all(holds) {
            Ok(())
        } else {
            Err(Reject(
                "claims: one that this issuer's tokens must have is missing, or another",
            ))
        }
    }

    /// Whether a token may live that long, from `iat` to `exp`.
    pub(super) fn check_lifetime(&self, life: Option<Duration>) -> Result<(), Reject> {
        match (self.max_lifetime, life) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Reject("iat: missing, where a longest lifetime is set")),
            (Some(max), Some(life)) if life > max => {
                Err(Reject("exp: the token lives longer than allowed"))
            }
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Who may stand in for the audience of a JWT that has none.
    pub(super) fn without_audience(&self) -> Option<&WithoutAudience> {
        self.without_audience.as_ref()
    }

    /// Whether this client is the operator's own.
    pub(super) fn is_first_party(&self, client: &str) -> bool {
        let mut own = self.first_party.iter().flatten();
        own.any(|listed| listed == client)
    }

    /// Whether the author says which clients are the operator's own.
    pub(crate) fn knows_first_party(&self) -> bool {
        self.first_party.is_some()
    }

    pub(super) fn consent(&self) -> Arc<ScopeClaims> {
        Arc::clone(&self.consent)
    }
}

impl ScopeSource {
    fn read(&self, claims: &Map<String, Value>) -> ScopeSet {
        // `scope` is a string by every standard; `scp` is whatever a provider made of it.
        let (claim, array_allowed) = match self {
            Self::Claim(claim) => (claim.find(claims), true),
            Self::Standard => match claims.get("scope") {
                Some(scope) => (Some(scope), false),
                None => (claims.get("scp"), true),
            },
        };
        match claim {
            Some(Value::String(list)) => ScopeSet::parse(list),
            Some(Value::Array(list)) if array_allowed => all_scopes(list),
            _ => ScopeSet::new(),
        }
    }
}

/// All of them strings, or nothing; a string that is no scope is none.
fn all_scopes(list: &[Value]) -> ScopeSet {
    if !list.iter().all(Value::is_string) {
        return ScopeSet::new();
    }
    list.iter()
        .filter_map(|one| one.as_str()?.parse::<Scope>().ok())
        .collect()
}
