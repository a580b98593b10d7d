//! The one decision: may this caller do this operation? Pure, so that it can be read and tested
//! whole; only a policy of the author's may wait for something.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use rmcp::model::JsonObject;
use serde_json::Value;

use super::methods::SET_LEVEL;
use super::policy::Asked;
use super::rule::{Rule, ScopesFor, SignIn};
use super::rulebook::{Applied, Rulebook};
use crate::audit::AuditOperation;
use crate::auth_info::AuthInfo;
use crate::bind::MadeBy;
use crate::challenge::Denial;
use crate::registry::{Access, Kind};
use crate::scope::{Requirement, ScopeSet, Terms};

/// Who asks: a verified caller, or somebody without a token where the server lets those in.
pub(crate) type Caller = Option<AuthInfo>;

/// What an MCP request wants to do, on the value that rmcp parsed and will run.
#[derive(Clone, Copy)]
pub(crate) enum Operation<'a> {
    /// `initialize`, `server/discover`, `ping`, lists, the protocol's notifications.
    Protocol,
    /// `logging/setLevel`: one handler serves all callers, so what one sets is the others' as well.
    Setting,
    /// `tools/call`.
    Tool(&'a str, Arguments<'a>),
    /// `prompts/get`, and completions for a prompt.
    Prompt(&'a str, Arguments<'a>),
    /// `resources/read`, and everything else that names a URI.
    Resource(&'a str),
    /// A template by its text, in a list and in completions: for some URI of it.
    Template(&'a str),
    /// A method that MCP does not know.
    Method(&'a str),
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(crate) enum Arguments<'a> {
    /// Not a call: whether some arguments could pass.
    Some,
    /// These, or none.
    These(Option<&'a JsonObject>),
    /// Those of an earlier call.
    Earlier(&'a MadeBy),
}

impl Operation<'_> {
    /// Whether something runs on arguments of its own, which can then have the last word.
    fn is_call(&self) -> bool {
        matches!(
            self,
            Self::Tool(_, Arguments::These(_)) | Self::Prompt(_, Arguments::These(_))
        )
    }
}

impl<'a> Operation<'a> {
    /// What an audit says of it. The opening of the protocol is nothing that anybody is let in to.
    pub(super) fn on_record(self) -> Option<AuditOperation<'a>> {
        let (kind, name) = match self {
            Self::Protocol => return None,
            Self::Setting => (Kind::Method, SET_LEVEL),
            Self::Tool(name, _) => (Kind::Tool, name),
            Self::Prompt(name, _) => (Kind::Prompt, name),
            Self::Resource(name) | Self::Template(name) => (Kind::Resource, name),
            Self::Method(name) => (Kind::Method, name),
        };
        Some(AuditOperation { kind, name })
    }
}

/// For the log: never the arguments.
impl fmt::Debug for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Protocol => return f.write_str("protocol"),
            Self::Setting => ("method", &SET_LEVEL),
            Self::Tool(name, _) => ("tool", name),
            Self::Prompt(name, _) => ("prompt", name),
            Self::Resource(uri) => ("resource", uri),
            Self::Template(text) => ("template", text),
            Self::Method(method) => ("method", method),
        };
        write!(f, "{kind} {name:?}")
    }
}

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
        let decision = self.decide(operation, caller);
        // Where the arguments are yet to be decided on, the policy comes after them.
        let is_asked = decision == Decision::Allow;
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
        // Whoever got past the layer is authenticated, or anonymous on a server that allows it.
        if matches!(operation, Operation::Protocol) {
            return Decision::Allow;
        }
        let mut decision = Decision::Unknown(None);
        for applied in self.applied(&operation) {
            let Some(access) = &applied.access else {
                return Decision::Unknown(None);
            };
            decision = both(decision, self.by_rule(&applied, access, operation, caller));
        }
        match decision {
            Decision::Deny(denial) => self.refuse(operation, denial),
            other => other,
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

    /// Whether the arguments of a tool can decide who may call it.
    pub(super) fn asks_by_arguments(&self, tool: &str) -> bool {
        let rule = self.fixed(&Operation::Tool(tool, Arguments::Some));
        rule.is_none_or(Rule::asks_by_arguments)
    }

    /// The call of a tool that just ran, for what it leaves behind.
    pub(super) fn call_made(
        &self,
        tool: &str,
        arguments: Option<&JsonObject>,
        auth: &AuthInfo,
    ) -> Result<MadeBy, Denial> {
        let rule = self.fixed(&Operation::Tool(tool, Arguments::Some));
        let none = JsonObject::new();
        let arguments = arguments.unwrap_or(&none);
        let more = rule.map_or(Ok(None), |rule| rule.required_by(arguments, auth))?;
        let call = MadeBy::new(tool, more);
        match rule.is_some_and(|rule| rule.policy_for.is_some()) {
            true => call.with(arguments).ok_or_else(|| {
                tracing::error!(
                    tool,
                    "the arguments are too large to ask a policy about a task again"
                );
                Denial::Failed
            }),
            false => Ok(call),
        }
    }

    /// Whether `caller` is shown an item in a list.
    pub(crate) async fn shows_with(
        &self,
        item: Operation<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> bool {
        if self.applied(&item).next().is_none() {
            // Nobody may run it.
            return false;
        }
        self.shows_everybody(&item) || self.judge_with(item, caller, asked).await.passes()
    }
}

impl Rule {
    /// What a call requires by its arguments; one that panics lets nobody through, wherever it is asked.
    fn required_by(
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

/// A sign-in cannot lie further in the future than clocks differ.
const LEEWAY: Duration = Duration::from_secs(60);

impl SignIn {
    /// Whether the person signed in recently enough, and well enough. A token that does not say
    /// when or how is neither.
    fn is_met(&self, auth: &AuthInfo, now: SystemTime) -> bool {
        if self.is_any() {
            return true;
        }
        let claims = auth.claims();
        let fresh = self.max_age.is_none_or(|max_age| {
            let signed_in = claims.get("auth_time").and_then(Value::as_u64);
            let signed_in = signed_in
                .and_then(|time| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time)));
            signed_in.is_some_and(|time| match now.duration_since(time) {
                Ok(age) => age.as_secs() <= max_age.as_secs(),
                Err(ahead) => ahead.duration().as_secs() <= LEEWAY.as_secs(),
            })
        });
        let acr = claims.get("acr").and_then(Value::as_str);
        let strong = self.acr_values.is_empty()
            || acr.is_some_and(|acr| self.acr_values.iter().any(|value| value == acr));
        fresh && strong
    }

    fn denial(&self, scopes: ScopeSet) -> Denial {
        Denial::InsufficientAuthentication {
            scopes,
            max_age: self.max_age,
            acr_values: self.acr_values.join(" "),
        }
    }
}

#[cfg(test)]
mod tests;
