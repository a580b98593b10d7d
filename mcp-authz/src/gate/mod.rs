//! The gate: a `ServerHandler` around the real one, where every rmcp method is decided.
//!
//! It decides on the value that rmcp itself parsed and is about to run, so there is no second
//! reading of the body that could disagree with the first. `rule` is what authors write, `rulebook`
//! where rules are found (`template` for URIs), `decide` the decision, `handler` the methods, `lists`
//! what is left of a list, `rounds` what a call remembers from one request to the next.

mod decide;
mod handler;
mod lists;
mod methods;
mod policy;
#[cfg(test)]
mod property;
mod rounds;
mod rule;
mod rulebook;
mod template;
mod ticket;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::ErrorData;
use rmcp::ServerHandler;
use rmcp::model::{ErrorCode, Extensions};
use tokio_util::sync::CancellationToken;

pub(crate) use decide::Caller;
use decide::{Decision, Operation};
pub(crate) use methods::is_mcp_method;
pub use policy::PolicyError;
pub(crate) use rule::SignIn;
pub use rule::{Rule, Rules};
pub(crate) use rulebook::Rulebook;
pub use rulebook::Visibility;
pub(crate) use template::Template;
pub(crate) use ticket::Admitted;
use ticket::{Pass, Ticket};

use crate::bind::{Seal, TaskOwners};
use crate::challenge::Denial;

/// The rules of one server and the handler behind them.
pub(crate) struct Guarded<H> {
    pub(crate) rules: Rulebook,
    pub(crate) handler: H,
    /// Seals what clients carry from one request to the next.
    pub(crate) seal: Seal,
    pub(crate) tasks: TaskOwners,
    /// Cancelled when the server stops: long streams then end by themselves.
    pub(crate) closing: CancellationToken,
}

/// Decides every request to a handler, on behalf of one caller.
///
/// A method that is not overridden keeps rmcp's default, which refuses it: a method that rmcp adds
/// tomorrow does not pass.
pub(crate) struct Gate<H> {
    guarded: Arc<Guarded<H>>,
    /// For the methods that rmcp asks without a context; a gate that many callers share has none
    /// and answers nothing there.
    caller: Option<Caller>,
}

impl<H: ServerHandler> Gate<H> {
    pub(crate) fn for_caller(guarded: Arc<Guarded<H>>, caller: Caller) -> Self {
        Self {
            guarded,
            caller: Some(caller),
        }
    }

    pub(crate) fn shared(guarded: Arc<Guarded<H>>) -> Self {
        Self {
            guarded,
            caller: None,
        }
    }

    /// Decides and records the verdict. Without the pass that this gives, nothing runs.
    async fn pass(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Pass, ErrorData> {
        // No ticket: the request did not come through the layer.
        let ticket = Ticket::read(extensions).ok_or_else(refused)?;
        match self.judge(operation, &ticket.caller).await {
            Decision::Deny(denial) => {
                tracing::debug!(?operation, caller = ?ticket.caller, ?denial, "refused");
                ticket.deny(denial);
                Err(refused())
            }
            // What decides on its arguments records the verdict itself.
            Decision::Defer => Ok(Pass(ticket)),
            _ if !ticket.allow() => Err(refused()),
            Decision::Unknown => Err(unknown(operation)),
            Decision::Allow => Ok(Pass(ticket)),
        }
    }

    /// A decision that panics refuses: it never lets anything run.
    async fn judge(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        let rules = &self.guarded.rules;
        let judged = AssertUnwindSafe(rules.judge(operation, caller)).catch_unwind();
        judged
            .await
            .unwrap_or_else(|_| rules.refuse(operation, Denial::Failed))
    }

    /// Whether an item is listed for `caller`; one whose decision panics is not.
    async fn shows(&self, item: Operation<'_>, caller: &Caller) -> bool {
        let shows = AssertUnwindSafe(self.guarded.rules.shows(item, caller)).catch_unwind();
        shows.await.unwrap_or(false)
    }

    /// The same where nobody can wait: without policies.
    fn decide(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        let rules = &self.guarded.rules;
        catch_unwind(AssertUnwindSafe(|| rules.decide(operation, caller)))
            .unwrap_or_else(|_| rules.refuse(operation, Denial::Failed))
    }
}

/// What rmcp gets for a refused request. The layer replaces it with the HTTP answer.
fn refused() -> ErrorData {
    ErrorData::invalid_request("refused", None)
}

/// The protocol's answer to a name that there is not: one text for the unknown and the concealed.
fn unknown(operation: Operation<'_>) -> ErrorData {
    match operation {
        Operation::Protocol | Operation::Tool(..) => {
            ErrorData::invalid_params("tool not found", None)
        }
        Operation::Prompt(..) => ErrorData::invalid_params("prompt not found", None),
        // rmcp writes the code of the caller's revision.
        Operation::Resource(_) => ErrorData::resource_not_found("resource not found", None),
        Operation::Template(_) => ErrorData::invalid_params("resource not found", None),
        Operation::Method(method) => {
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.to_owned(), None)
        }
    }
}
