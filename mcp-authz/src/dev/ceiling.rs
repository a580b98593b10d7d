//! Which scopes a client may ask for, and a person pass on: what a provider like Logto lets through.

use super::client::{Client, Origin};
use super::error::OAuthError;
use super::standard::standard;
use super::user::User;
use crate::scope::{Scope, ScopeSet};

/// What Logto adds to every ceiling.
const ALWAYS: [&str; 2] = ["openid", "offline_access"];

impl Client {
    /// What of `asked` this client may have. An OpenID scope above its ceiling is refused, one of an
    /// API is left out: the first is oidc-provider's answer, the second Logto's, which asks the API.
    pub(super) fn within_ceiling(&self, asked: ScopeSet) -> Result<ScopeSet, OAuthError> {
        let Some(ceiling) = &self.consent_scopes else {
            return Ok(asked);
        };
        let is_allowed = |scope: &Scope| {
            ALWAYS.contains(&scope.as_str()) || ceiling.iter().any(|own| own == scope.as_str())
        };
        let (within, above): (ScopeSet, ScopeSet) = asked.into_iter().partition(is_allowed);
        let refused = above.iter().find(|scope| is_openid(scope));
        if let Some(scope) = refused {
            return Err(OAuthError::invalid_scope(format!(
                "the client may not ask for {scope}"
            )));
        }
        note(&above, "the client's ceiling");
        Ok(within)
    }

    /// What the developer has to change about the ceiling.
    pub(super) fn ceiling_problems(&self) -> Vec<String> {
        let id = &self.id;
        let ceiling = self.consent_scopes.iter().flatten();
        let mut problems: Vec<String> = ceiling
            .filter_map(|scope| Some((scope, scope.parse::<Scope>().err()?)))
            .map(|(scope, error)| format!("client {id}: consent scope {scope:?}: {error}"))
            .collect();
        if self.consent_scopes.is_some() && self.origin == Origin::FirstParty {
            problems.push(format!(
                "client {id} is first party, which nobody is asked about: drop .consent_scopes(..)"
            ));
        }
        problems
    }
}

impl User {
    /// What of `asked` this person can pass on.
    pub(super) fn held(&self, asked: &ScopeSet) -> ScopeSet {
        let Some(own) = &self.scopes else {
            return asked.clone();
        };
        let is_held =
            |scope: &Scope| is_openid(scope) || own.iter().any(|own| own == scope.as_str());
        let (held, missing): (ScopeSet, ScopeSet) = asked.iter().cloned().partition(is_held);
        note(&missing, "what the person holds");
        held
    }

    /// What the developer has to change about the scopes.
    pub(super) fn scope_problems(&self) -> impl Iterator<Item = String> {
        let own = self.scopes.iter().flatten();
        own.filter_map(|scope| {
            let problem = match scope.parse::<Scope>() {
                Err(error) => error.to_string(),
                Ok(scope) if is_openid(&scope) => {
                    "everybody holds the scopes of OpenID Connect: drop it".to_owned()
                }
                Ok(_) => return None,
            };
            let name = &self.username;
            Some(format!("user {name}: scope {scope:?}: {problem}"))
        })
    }
}

fn is_openid(scope: &Scope) -> bool {
    standard(scope.as_str()).is_some()
}

/// The client is told nothing, so the developer is.
fn note(left_out: &ScopeSet, why: &str) {
    if !left_out.is_empty() {
        tracing::info!(%left_out, "scopes are left out: they are above {why}");
    }
}
