//! How scopes are compared and asked for on one server.

use super::{Inclusions, Requirement, Scope, ScopeSet};

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
        let covered = |scope: &Scope| self.inclusions.cover(granted, scope);
        if requirement.is_met(&covered) {
            return Ok(());
        }
        let mut ask = requirement.cheapest(&covered);
        if self.challenge == ChallengeScopes::RequiredAndGranted {
            ask.extend(granted.iter().cloned());
        }
        Err(ask)
    }
}
