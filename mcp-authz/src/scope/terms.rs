//! How scopes are compared and asked for on one server.

use super::{Inclusions, Requirement, ScopeSet};

/// How scopes are compared and asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) inclusions: Inclusions,
    pub(crate) challenge: ChallengeScopes,
}

/// Which scopes a refusal asks for.
///
/// A client of MCP 2026-07-28 adds what a challenge names to what it has (SEP-2350). Older ones
/// replace it, and would lose with every step up what they had before.
///
/// ```
/// use mcp_authz::{ChallengeScopes, Server};
///
/// // For clients that forget what they had.
/// let builder = Server::builder("mail").challenge_scopes(ChallengeScopes::RequiredAndGranted);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeScopes {
    /// All scopes of the refused operation.
    #[default]
    Required,
    /// These, and what the token carries already.
    RequiredAndGranted,
}

impl Terms {
    /// Whether `granted` is enough, or what to ask the person for.
    pub(crate) fn require(
        &self,
        requirement: &Requirement,
        granted: &ScopeSet,
    ) -> Result<(), ScopeSet> {
        if requirement.is_met(&|scope| self.inclusions.cover(granted, scope)) {
            return Ok(());
        }
        Err(self.ask(requirement, granted))
    }

    /// What a challenge asks a person for who has `granted` this much.
    pub(crate) fn ask(&self, requirement: &Requirement, granted: &ScopeSet) -> ScopeSet {
        let mut ask = requirement.cheapest(&|scope| self.inclusions.cover(granted, scope));
        if self.challenge == ChallengeScopes::RequiredAndGranted {
            ask.extend(granted.iter().cloned());
        }
        ask
    }

    /// Whether `granted` is enough for some values of the variables that the scopes name.
    pub(crate) fn could_meet(&self, requirement: &Requirement, granted: &ScopeSet) -> bool {
        requirement.could_be_met_by(&self.inclusions.held(granted))
    }
}
