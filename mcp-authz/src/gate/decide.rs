//! The one decision: may this caller do this operation? Pure, so that it can be read and tested
//! whole.

use std::collections::HashMap;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::{Access, ToolEntry};
use crate::scope::Requirement;

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
}

impl Rules {
    /// The rules of annotated tools: what each declared.
    pub(crate) fn of(tools: &[ToolEntry]) -> Self {
        Self {
            tools: tools
                .iter()
                .map(|tool| (tool.name().to_owned(), tool.access()))
                .collect(),
        }
    }

    /// Decides on `operation` for `caller`.
    pub(crate) fn decide(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        match operation {
            // Whoever got past the layer is authenticated, or anonymous on a server that allows it.
            Operation::Protocol | Operation::ListTools => Decision::Allow,
            Operation::CallTool(name) => match self.tools.get(name) {
                Some(access) => access.decide(caller),
                None => Decision::Unknown,
            },
        }
    }
}

impl Access {
    fn decide(&self, caller: &Caller) -> Decision {
        match (self, caller) {
            (Self::Anonymous, _) | (Self::Authenticated, Some(_)) => Decision::Allow,
            (Self::Authenticated, None) => {
                Decision::Deny(Denial::Unauthenticated(Default::default()))
            }
            (Self::Scopes(requirement), None) => Decision::Deny(Denial::Unauthenticated(
                requirement.ask(&Default::default()),
            )),
            (Self::Scopes(requirement), Some(auth)) => require(requirement, auth),
        }
    }
}

fn require(requirement: &Requirement, auth: &AuthInfo) -> Decision {
    if requirement.is_met_by(auth.scopes()) {
        Decision::Allow
    } else {
        Decision::Deny(Denial::InsufficientScope(requirement.ask(auth.scopes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{Scope, ScopeSet};

    fn rules() -> Rules {
        let scoped = Requirement::all([Scope::new("a").into(), Scope::new("b").into()]);
        let tools = [
            ("scoped", Access::Scopes(scoped)),
            ("mine", Access::Authenticated),
            ("public", Access::Anonymous),
        ];
        Rules {
            tools: tools.map(|(name, access)| (name.to_owned(), access)).into(),
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
}
