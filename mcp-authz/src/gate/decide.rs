//! The one decision: may this caller do this operation? Pure, so that it can be read and tested
//! whole.

use std::collections::HashMap;
use std::sync::Arc;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::{Access, ToolEntry};
use crate::scope::{ScopeSet, Terms};

/// Who asks: a verified caller, or somebody without a token where the server lets those in.
pub(crate) type Caller = Option<AuthInfo>;

/// What an MCP request wants to do, on the value that rmcp parsed and will run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation<'a> {
    /// `initialize`, `server/discover`, `ping`, notifications.
    Protocol,
    /// `tools/list`.
    ListTools,
    /// `tools/call`.
    CallTool(&'a str),
}

/// What the gate does with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny(Denial),
    /// There is no such item: the protocol's own answer, without a challenge.
    Unknown,
}

/// Who may do what on one server.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) tools: HashMap<String, Access>,
    pub(crate) terms: Arc<Terms>,
    pub(crate) visibility: Visibility,
}

/// Which tools a caller is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Visibility {
    /// All of them, each with what it requires, so that an agent can ask the person for more.
    #[default]
    All,
    /// What the caller may call now.
    Granted,
}

impl Rules {
    /// The rules of annotated tools: what each declared.
    pub(crate) fn of(tools: &[ToolEntry], terms: Terms, visibility: Visibility) -> Self {
        let tools = tools
            .iter()
            .map(|tool| (tool.name().to_owned(), tool.access()));
        Self {
            tools: tools.collect(),
            terms: Arc::new(terms),
            visibility,
        }
    }

    /// Whether `caller` is shown the tool. One without a rule could not be called either.
    pub(crate) fn shows(&self, tool: &str, caller: &Caller) -> bool {
        match self.visibility {
            Visibility::All => self.tools.contains_key(tool),
            Visibility::Granted => {
                self.decide(Operation::CallTool(tool), caller) == Decision::Allow
            }
        }
    }

    /// Decides on `operation` for `caller`.
    pub(crate) fn decide(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        match operation {
            // Whoever got past the layer is authenticated, or anonymous on a server that allows it.
            Operation::Protocol | Operation::ListTools => Decision::Allow,
            Operation::CallTool(name) => match self.tools.get(name) {
                Some(access) => decide(&self.terms, access, caller),
                None => Decision::Unknown,
            },
        }
    }
}

fn decide(terms: &Terms, access: &Access, caller: &Caller) -> Decision {
    match (access, caller) {
        (Access::Anonymous, _) | (Access::Authenticated, Some(_)) => Decision::Allow,
        (Access::Authenticated, None) => Decision::Deny(Denial::Unauthenticated(ScopeSet::new())),
        (Access::Scopes(requirement), None) => {
            Decision::Deny(Denial::Unauthenticated(requirement.ask(&ScopeSet::new())))
        }
        (Access::Scopes(requirement), Some(auth)) => {
            match terms.require(requirement, auth.scopes()) {
                Ok(()) => Decision::Allow,
                Err(ask) => Decision::Deny(Denial::InsufficientScope(ask)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{ChallengeScopes, Hierarchy, Requirement, Scope};

    fn rules() -> Rules {
        rules_with(Terms::default())
    }

    fn rules_with(terms: Terms) -> Rules {
        let scoped = Requirement::all([Scope::new("a").into(), Scope::new("b").into()]);
        let tools = [
            ("scoped", Access::Scopes(scoped)),
            ("mine", Access::Authenticated),
            ("public", Access::Anonymous),
        ];
        Rules {
            tools: tools.map(|(name, access)| (name.to_owned(), access)).into(),
            terms: Arc::new(terms),
            visibility: Visibility::Granted,
        }
    }

    fn caller(scopes: &str) -> Caller {
        Some(
            AuthInfo::builder("https://as.test")
                .scopes(ScopeSet::parse(scopes))
                .build(),
        )
    }

    #[test]
    fn every_caller_against_every_kind_of_tool() {
        let allow = || Decision::Allow;
        let ask = |scopes| Decision::Deny(Denial::InsufficientScope(ScopeSet::parse(scopes)));
        let sign_in = |scopes| Decision::Deny(Denial::Unauthenticated(ScopeSet::parse(scopes)));
        for (name, caller, expected) in [
            ("scoped", caller("a b"), allow()),
            ("scoped", caller("b c a"), allow()),
            ("scoped", caller("a"), ask("a b")),
            ("scoped", caller("A B"), ask("a b")),
            ("scoped", caller(""), ask("a b")),
            ("scoped", None, sign_in("a b")),
            ("mine", caller(""), allow()),
            ("mine", None, sign_in("")),
            ("public", caller(""), allow()),
            ("public", None, allow()),
            ("Scoped", caller("a b"), Decision::Unknown),
            ("scoped ", caller("a b"), Decision::Unknown),
            ("", None, Decision::Unknown),
        ] {
            let decision = rules().decide(Operation::CallTool(name), &caller);
            assert_eq!(decision, expected, "{name:?} by {caller:?}");
        }
    }

    #[test]
    fn a_wider_scope_is_enough_and_the_narrow_one_is_asked_for() {
        let hierarchy = Hierarchy::new().includes("admin", ["a"]);
        let inclusions = hierarchy.close().unwrap();
        let rules = rules_with(Terms {
            inclusions,
            ..Terms::default()
        });
        let decide = |scopes| rules.decide(Operation::CallTool("scoped"), &caller(scopes));
        assert_eq!(decide("admin b"), Decision::Allow);
        let ask = Decision::Deny(Denial::InsufficientScope(ScopeSet::parse("a b")));
        assert_eq!(decide("admin"), ask);
        assert_eq!(decide("b"), ask);
    }

    #[test]
    fn a_challenge_can_carry_what_is_granted_already() {
        let terms = Terms {
            challenge: ChallengeScopes::RequiredAndGranted,
            ..Terms::default()
        };
        let decision = rules_with(terms).decide(Operation::CallTool("scoped"), &caller("x b"));
        let ask = ScopeSet::parse("a b x");
        assert_eq!(decision, Decision::Deny(Denial::InsufficientScope(ask)));
    }

    #[test]
    fn what_is_shown_as_granted_is_exactly_what_a_call_would_allow() {
        let rules = rules();
        for scopes in [None, Some(""), Some("a"), Some("a b")] {
            let caller = scopes.and_then(caller);
            for tool in ["scoped", "mine", "public", "none"] {
                let allowed = rules.decide(Operation::CallTool(tool), &caller) == Decision::Allow;
                assert_eq!(rules.shows(tool, &caller), allowed, "{tool} to {scopes:?}");
            }
        }
    }
}
