//! The one decision: may this caller do this operation? Pure, so that it can be read and tested
//! whole; only a policy of the author's may wait for something.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rmcp::model::JsonObject;

use super::applied::Applied;
use super::operation::{Arguments, Caller, Operation};
use super::policy::Asked;
use super::rule::{Rule, ScopesFor};
use super::rulebook::Rulebook;
use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::registry::Access;
use crate::scope::{Requirement, ScopeSet, Terms};

/// What the gate does with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    /// So far allowed; the operation decides on its typed arguments before it runs.
    Defer,
    Deny(Denial),
    /// There is no such item: the protocol's own answer, without a challenge. Where there is one that is
    /// concealed, with the reason, for the operator alone.
    Unknown(Option<Denial>),
}

impl Decision {
    /// Whether nothing stands against it yet.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Allow | Self::Defer)
    }
}

impl Rulebook {
    /// Decides on `operation` for `caller`, policies included.
    pub(crate) async fn judge(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        let asked = &mut Asked::default();
        self.judge_with(operation, caller, asked).await
    }

    /// The same for one of several operations of one request.
    pub(crate) async fn judge_with(
        &self,
        operation: Operation<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> Decision {
        let (decision, has_policy) = self.weigh(operation, caller);
        // Where the arguments are yet to be decided on, the policy comes after them.
        let is_asked = has_policy && decision == Decision::Allow;
        let Some(auth) = caller.as_ref().filter(|_| is_asked) else {
            return decision;
        };
        for applied in self.applied(&operation).filter(Applied::has_policy) {
            if let Err(denial) = Box::pin(applied.ask(operation, auth, asked)).await {
                return self.refuse(operation, denial);
            }
        }
        decision
    }

    /// A refusal, as the caller may see it: what is concealed does not exist for whoever may not have
    /// it, whatever the reason.
    pub(crate) fn refuse(&self, operation: Operation<'_>, denial: Denial) -> Decision {
        let mut rules = self.applied(&operation).map(|applied| applied.rule);
        match rules.find(|rule| rule.concealed) {
            Some(concealed) => concealed.refuse(denial),
            None => Decision::Deny(denial),
        }
    }

    /// Decides on `operation` for `caller` by scopes and sign-in: everything but policies.
    ///
    /// Where several rules apply, all of them must allow.
    pub(crate) fn decide(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        self.weigh(operation, caller).0
    }

    /// The same, and whether there is a policy to ask besides.
    fn weigh(&self, operation: Operation<'_>, caller: &Caller) -> (Decision, bool) {
        // Whoever got past the layer is authenticated, or anonymous on a server that allows it.
        if matches!(operation, Operation::Protocol) {
            return (Decision::Allow, false);
        }
        let (mut decision, mut has_policy) = (Decision::Unknown(None), false);
        for applied in self.applied(&operation) {
            let Some(access) = &applied.access else {
                return (Decision::Unknown(None), false);
            };
            decision = both(decision, self.by_rule(&applied, access, operation, caller));
            has_policy |= applied.has_policy();
        }
        match decision {
            Decision::Deny(denial) => (self.refuse(operation, denial), has_policy),
            other => (other, has_policy),
        }
    }

    fn by_rule(
        &self,
        applied: &Applied<'_>,
        access: &Access,
        operation: Operation<'_>,
        caller: &Caller,
    ) -> Decision {
        let rule = applied.rule;
        let decided = self
            .by_access(access, operation, caller)
            .and_then(|()| self.by_arguments(applied, access, operation, caller));
        if let Some(auth) = caller
            && !rule.sign_in.is_any()
            && !rule.sign_in.is_met(auth, self.clock.wall())
        {
            // One trip cures both (RFC 9470 §3).
            let scopes = match decided {
                Err(Denial::InsufficientScope(scopes)) => scopes,
                _ => self.ask(access, auth),
            };
            return Decision::Deny(rule.sign_in.denial(scopes));
        }
        match decided {
            Err(denial) => Decision::Deny(denial),
            Ok(()) if rule.deferred.is_any() && operation.is_call() => Decision::Defer,
            Ok(()) => Decision::Allow,
        }
    }

    /// The scopes that `access` asks of `auth`.
    fn ask(&self, access: &Access, auth: &AuthInfo) -> ScopeSet {
        match access {
            Access::Scopes(requirement) => self.terms.ask(requirement, auth.scopes()),
            Access::Authenticated | Access::Anonymous => ScopeSet::new(),
        }
    }

    fn by_access(
        &self,
        access: &Access,
        operation: Operation<'_>,
        caller: &Caller,
    ) -> Result<(), Denial> {
        match (access, caller) {
            (Access::Anonymous, _) | (Access::Authenticated, Some(_)) => Ok(()),
            (Access::Authenticated, None) => Err(Denial::Unauthenticated(ScopeSet::new())),
            (Access::Scopes(requirement), None) => {
                Err(Denial::Unauthenticated(requirement.ask(&ScopeSet::new())))
            }
            (Access::Scopes(requirement), Some(auth)) => {
                let decided = match operation {
                    Operation::Template(_) => {
                        let could = self.terms.could_meet(requirement, auth.scopes());
                        let ask = || self.terms.ask(requirement, auth.scopes());
                        could.then_some(()).ok_or_else(ask)
                    }
                    _ => self.terms.require(requirement, auth.scopes()),
                };
                decided.map_err(Denial::InsufficientScope)
            }
        }
    }

    /// What the arguments of this call require besides.
    fn by_arguments(
        &self,
        applied: &Applied<'_>,
        access: &Access,
        operation: Operation<'_>,
        caller: &Caller,
    ) -> Result<(), Denial> {
        let Some(auth) = caller else {
            return Ok(());
        };
        let none = JsonObject::new();
        let more = match operation {
            Operation::Tool(_, Arguments::These(arguments))
            | Operation::Prompt(_, Arguments::These(arguments)) => {
                applied.rule.required_by(arguments.unwrap_or(&none), auth)?
            }
            Operation::Tool(_, Arguments::Earlier(call)) => call.more.clone(),
            Operation::Resource(_) => applied.rule.required_by(&applied.variables, auth)?,
            _ => None,
        };
        let Some(more) = more else {
            return Ok(());
        };
        let decided = access.with_more(more, &self.terms, auth.scopes());
        decided.map_err(Denial::InsufficientScope)
    }

    #[cfg(test)]
    pub(crate) async fn shows(&self, item: Operation<'_>, caller: &Caller) -> bool {
        let asked = &mut Asked::default();
        self.shows_with(item, caller, asked).await
    }

    /// Whether `caller` is shown an item in a list.
    pub(crate) async fn shows_with(
        &self,
        item: Operation<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        if self.applied(&item).next().is_none() {
            // Nobody may run it, and whoever added it to the handler may wonder.
            tracing::debug!(?item, "listed, and under no rule");
            return false;
        }
        self.shows_everybody(&item) || self.judge_with(item, caller, asked).await.passes()
    }
}

impl Rule {
    /// What a call requires by its arguments; one that panics lets nobody through, wherever it is asked.
    pub(super) fn required_by(
        &self,
        arguments: &JsonObject,
        auth: &AuthInfo,
    ) -> Result<Option<Requirement>, Denial> {
        let Some(ScopesFor(scopes_for)) = &self.scopes_for else {
            return Ok(None);
        };
        let more = catch_unwind(AssertUnwindSafe(|| scopes_for(arguments, auth)));
        let more = more.unwrap_or_else(|_| {
            tracing::error!("a requirement panicked");
            None
        });
        more.map(Some).ok_or(Denial::Failed)
    }
}

impl Access {
    /// Whether `granted` is enough for this and `more`, or all scopes of the operation, for one
    /// challenge.
    pub(crate) fn with_more(
        &self,
        more: Requirement,
        terms: &Terms,
        granted: &ScopeSet,
    ) -> Result<(), ScopeSet> {
        let all = match self {
            Self::Scopes(requirement) => Requirement::all([requirement.clone(), more]),
            Self::Authenticated | Self::Anonymous => more,
        };
        terms.require(&all, granted)
    }
}

/// What holds under one rule and the next.
fn both(so_far: Decision, next: Decision) -> Decision {
    match (so_far, next) {
        (Decision::Unknown(_), next) => next,
        // All scopes of the operation, in one challenge.
        (
            Decision::Deny(Denial::InsufficientScope(mut ask)),
            Decision::Deny(Denial::InsufficientScope(more)),
        ) => {
            ask.extend(more);
            Decision::Deny(Denial::InsufficientScope(ask))
        }
        (
            Decision::Deny(Denial::Unauthenticated(mut ask)),
            Decision::Deny(Denial::Unauthenticated(more)),
        ) => {
            ask.extend(more);
            Decision::Deny(Denial::Unauthenticated(ask))
        }
        (Decision::Deny(denial), _) | (_, Decision::Deny(denial)) => Decision::Deny(denial),
        (Decision::Defer, _) | (_, Decision::Defer) => Decision::Defer,
        (_, next) => next,
    }
}

#[cfg(test)]
mod tests;
