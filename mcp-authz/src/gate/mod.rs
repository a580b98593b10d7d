//! The gate: a `ServerHandler` around the real one, where every rmcp method is decided.
//!
//! It decides on the value that rmcp itself parsed and is about to run, so there is no second
//! reading of the body that could disagree with the first.
//!
//! - What authors write: `rule`, with `sign_in` and `policy`; `rules`; `variables` of annotated resources.
//! - Where a rule is found: `rulebook`, with `template` for URIs; what it is for one operation: `applied`.
//! - The decision: `operation` is what is asked for, `decide` may it be done; `methods` what MCP knows.
//! - What it comes in and leaves with: `ticket`; `known` where rmcp does not say who calls, `answers` and
//!   `errors` where there is no result.
//! - The methods: `handler` names the operation of each, `calls` runs what is run by its name, `mirrored`
//!   says which tools are looked at before.
//! - What a caller is shown: `lists`, `pages` how much of one at a time, `completions`, `skills`.
//! - What goes on after a call: `rounds` from one request to the next, `watch` news, `watchful` without HTTP.

mod answers;
mod applied;
mod calls;
mod completions;
mod decide;
mod errors;
mod handler;
mod known;
mod lists;
mod methods;
mod mirrored;
mod operation;
mod pages;
mod policy;
#[cfg(test)]
mod property;
mod rounds;
mod rule;
mod rulebook;
mod rules;
mod sign_in;
mod skills;
mod template;
mod ticket;
mod variables;
mod watch;
mod watchful;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::ErrorData;
use rmcp::model::Extensions;
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use tokio_util::sync::CancellationToken;

pub(crate) use answers::Answers;
pub use answers::ChallengeForm;
pub(crate) use decide::Decision;
use errors::failed;
pub(crate) use errors::{refused, still_wanted, unknown};
pub(crate) use known::CurrentCaller;
use known::Known;
pub(crate) use methods::{SET_LEVEL, takes_rule};
pub(crate) use mirrored::Mirrored;
pub(crate) use operation::{Arguments, Caller, Operation};
use policy::Asked;
pub(crate) use policy::judged;
pub use policy::{KnownPolicy, PolicyError, PolicyOver, Taken, first_party};
pub use rule::{Rule, deferred_scopes};
pub(crate) use rulebook::Rulebook;
pub use rulebook::Visibility;
pub use rules::Rules;
pub(crate) use rules::Written;
pub(crate) use sign_in::SignIn;
pub(crate) use template::Template;
#[cfg(feature = "testing")]
pub(crate) use template::Variables;
use ticket::Pass;
pub(crate) use ticket::{Admitted, Barred, Ticket};
pub use variables::{FromVariable, require_of, with_variables};
pub(crate) use watchful::Watchful;

use crate::bind::{Place, Seal, TaskOwners};
use crate::challenge::Denial;

/// The rules of one server and the handler behind them.
pub(crate) struct Guarded<H> {
    pub(crate) rules: Rulebook,
    pub(crate) handler: H,
    pub(crate) mirrored: Mirrored,
    /// Seals what clients carry from one request to the next.
    pub(crate) seal: Seal,
    pub(crate) tasks: Arc<TaskOwners>,
    pub(crate) answers: Arc<Answers>,
    /// Cancelled when the server stops: long streams then end by themselves.
    pub(crate) closing: CancellationToken,
}

/// Decides every request to a handler, on behalf of one caller.
///
/// A method that is not overridden keeps rmcp's default, which refuses it: a method that rmcp adds
/// tomorrow does not pass.
pub(crate) struct Gate<H> {
    guarded: Arc<Guarded<H>>,
    /// For the methods that rmcp asks without a context.
    caller: Known,
    /// The resources that may be watched, by the one request that this gate is for.
    watched: BTreeSet<String>,
    /// What the stream takes that this gate is for.
    _place: Option<Arc<Place>>,
}

impl<H: ServerHandler> Gate<H> {
    pub(crate) fn for_caller(guarded: Arc<Guarded<H>>, caller: Caller) -> Self {
        Self {
            guarded,
            caller: Known::Fixed(caller),
            watched: BTreeSet::new(),
            _place: None,
        }
    }

    /// The same, for a request to watch: `watched` are the resources that the caller may. What it takes
    /// is given back with the gate.
    pub(crate) fn for_listener(
        guarded: Arc<Guarded<H>>,
        caller: Caller,
        watched: BTreeSet<String>,
        place: Option<Arc<Place>>,
    ) -> Self {
        Self {
            watched,
            _place: place,
            ..Self::for_caller(guarded, caller)
        }
    }

    /// A gate for one connection, and where to say who is at its other end.
    pub(crate) fn for_one(guarded: Arc<Guarded<H>>) -> (Self, CurrentCaller) {
        let current = CurrentCaller::default();
        let caller = Known::Current(current.clone());
        let gate = Self {
            guarded,
            caller,
            watched: BTreeSet::new(),
            _place: None,
        };
        (gate, current)
    }

    pub(crate) fn shared(guarded: Arc<Guarded<H>>) -> Self {
        Self {
            guarded,
            caller: Known::Nobody,
            watched: BTreeSet::new(),
            _place: None,
        }
    }

    /// Decides on a request and records the verdict. Without the pass that this gives, nothing runs.
    async fn pass(
        &self,
        context: &RequestContext<RoleServer>,
        operation: Operation<'_>,
    ) -> Result<Pass, ErrorData> {
        let pass = self.enter(&context.extensions, operation).await?;
        still_wanted(context).map(|()| pass)
    }

    /// The same for any message.
    async fn enter(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Pass, ErrorData> {
        // No ticket: the request did not come through the layer.
        let ticket = Ticket::read(extensions).ok_or_else(refused)?;
        if let Some(barred) = extensions.get() {
            return Err(ticket.bar(operation, barred));
        }
        let asked = &mut Asked::default();
        let decision = self.judge(operation, &ticket.caller, asked).await;
        ticket.settle(operation, decision)?;
        Ok(Pass(ticket))
    }

    /// A decision that panics refuses: it never lets anything run.
    async fn judge(
        &self,
        operation: Operation<'_>,
        caller: &Caller,
        asked: &mut Asked,
    ) -> Decision {
        let rules = &self.guarded.rules;
        let judged = AssertUnwindSafe(rules.judge_with(operation, caller, asked)).catch_unwind();
        judged
            .await
            .unwrap_or_else(|_| rules.refuse(operation, Denial::Failed))
    }

    /// Whether an item is listed for `caller`; one whose decision panics is not.
    async fn shows(&self, item: Operation<'_>, caller: &Caller, asked: &mut Asked) -> bool {
        let rules = &self.guarded.rules;
        let shows = AssertUnwindSafe(rules.shows_with(item, caller, asked)).catch_unwind();
        shows.await.unwrap_or(false)
    }

    /// Whether nothing stands against an operation, where nobody can wait for policies: they are asked
    /// once it comes to it. What is concealed must not show before that, so there a policy has to say
    /// yes at once.
    fn may_pass(&self, operation: Operation<'_>, caller: &Caller) -> bool {
        let rules = &self.guarded.rules;
        let passes = || match rules.conceals_by_policy(&operation) {
            true => {
                let judged = rules.judge(operation, caller).now_or_never();
                judged.is_some_and(|decision| decision.passes())
            }
            false => rules.decide(operation, caller).passes(),
        };
        catch_unwind(AssertUnwindSafe(passes)).unwrap_or(false)
    }
}

/// What a handler says where rmcp asks it outside of any call.
fn unless_it_panics<T>(ask: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        tracing::error!("a handler panicked");
        None
    })
}
