//! What travels with a message from the layer to the gate, and proves that it was decided.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{Either, ready};
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, Extensions};
use rmcp::transport::streamable_http_server::session::SessionRestoreMarker;

use super::answers::Answers;
use super::decide::Decision;
use super::operation::{Caller, Operation};
use super::{failed, refused, unknown};
use crate::audit::reason;
use crate::auth_info::{AuthInfo, OpenCall};
use crate::bind::InFlight;
use crate::challenge::Denial;
use crate::verdict::VerdictSender;

/// What the layer lets travel with a request: who calls, and where to put the verdict. Private, so
/// that nothing outside the crate can put one into a request.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) call: Arc<OpenCall>,
}

impl Admitted {
    pub(crate) fn new(caller: Caller, call: OpenCall) -> Self {
        let call = Arc::new(call);
        Self { caller, call }
    }

    /// What the layer put into the HTTP request that a message came with, or the transport into the
    /// message itself where there is no HTTP.
    pub(crate) fn find(extensions: &Extensions) -> Option<&Self> {
        let parts = extensions.get::<http::request::Parts>();
        parts.map_or_else(|| extensions.get(), |parts| parts.extensions.get())
    }

    /// A refusal that is told in the message, as the result of a tool.
    pub(super) fn told(&self) -> Option<CallToolResponse> {
        told(&self.call)
    }

    /// The caller as a handler gets to see it.
    pub(crate) fn in_call(&self) -> Caller {
        let caller = self.caller.clone()?;
        Some(caller.in_call(Arc::clone(&self.call)))
    }
}

/// A message of somebody who is not let in at all.
#[derive(Clone, Debug)]
pub(crate) struct Barred {
    pub(crate) denial: Denial,
    /// For the operator's record, never for the client.
    pub(crate) why: Cow<'static, str>,
}

/// One message before the gate: who sent it, and where the verdict goes.
pub(crate) struct Ticket {
    pub(super) caller: Caller,
    call: Arc<OpenCall>,
    /// Restoring a session sends `initialize` again with the parts of the current request, whose verdict
    /// is not the replay's to write.
    is_replay: bool,
    /// Keeps the id of a call in a session taken for as long as it runs.
    _in_flight: Option<InFlight>,
}

impl Ticket {
    /// `None` for a message that did not come through the layer.
    pub(crate) fn read(extensions: &Extensions) -> Option<Self> {
        let admitted = Admitted::find(extensions)?;
        Some(Self {
            caller: admitted.caller.clone(),
            call: Arc::clone(&admitted.call),
            is_replay: extensions.get::<SessionRestoreMarker>().is_some(),
            _in_flight: extensions.get().cloned(),
        })
    }

    /// How this message is answered.
    pub(super) fn answers(&self) -> &Answers {
        &self.call.answers
    }

    /// Where the verdict goes, if it is this message's to write.
    fn verdict(&self) -> Option<&VerdictSender> {
        (!self.is_replay).then_some(&self.call.verdict)
    }

    /// Records a decision. What is deferred stays open: whoever decides on the arguments comes back.
    pub(crate) fn settle(
        &self,
        operation: Operation<'_>,
        decision: Decision,
    ) -> Result<(), ErrorData> {
        match decision {
            Decision::Deny(denial) => Err(self.refuse(operation, denial)),
            Decision::Defer => {
                self.keep(operation);
                Ok(())
            }
            _ if !self.allow() => Err(refused()),
            Decision::Unknown(concealed) => {
                self.note_unknown(operation, concealed.as_ref());
                Err(unknown(operation))
            }
            Decision::Allow if self.is_recorded(operation) => Ok(()),
            // What is not on record does not run.
            Decision::Allow => {
                self.deny(Denial::Failed);
                Err(refused())
            }
        }
    }

    fn is_recorded(&self, operation: Operation<'_>) -> bool {
        self.keep(operation);
        let audit = &self.answers().audit;
        let operation = operation.on_record();
        operation.is_none_or(|operation| audit.allowed(self.caller.as_ref(), operation))
    }

    /// Keeps what it is, for the record of what comes of it while it runs.
    fn keep(&self, operation: Operation<'_>) {
        if self.answers().audit.is_kept()
            && let Some(verdict) = self.verdict()
            && let Some(operation) = operation.on_record()
        {
            verdict.let_in(operation);
        }
    }

    /// Tells the operator what no client learns: whether there is such a thing. Both take the same steps,
    /// so that neither answer is late.
    pub(super) fn note_unknown(&self, operation: Operation<'_>, concealed: Option<&Denial>) {
        let caller = self.caller.as_ref();
        match concealed {
            Some(Denial::Failed) => tracing::error!(?operation, ?caller, "failed, concealed"),
            _ => tracing::debug!(?operation, ?caller, ?concealed, "unknown"),
        }
        if let Some(operation) = operation.on_record() {
            let audit = &self.answers().audit;
            audit.unknown(caller, operation, concealed);
        }
    }

    /// Refuses: by the status, or, where a client reads only that, in the message.
    pub(super) fn refuse(&self, operation: Operation<'_>, denial: Denial) -> ErrorData {
        let caller = self.caller.as_ref();
        match denial {
            Denial::Failed => tracing::error!(?operation, ?caller, "failed"),
            Denial::Unavailable { .. } => {
                tracing::warn!(?operation, ?caller, why = %reason(&denial, caller), "not decided");
            }
            _ => tracing::info!(?operation, ?caller, why = %reason(&denial, caller), "refused"),
        }
        let audit = &self.answers().audit;
        audit.denied(self.caller.as_ref(), operation.on_record(), &denial);
        self.tell(operation, denial)
    }

    /// The same for somebody who was not let in: why is known, and nowhere on record yet.
    pub(super) fn bar(&self, operation: Operation<'_>, barred: &Barred) -> ErrorData {
        let Barred { denial, why } = barred;
        tracing::debug!(?operation, %why, "barred");
        let audit = &self.answers().audit;
        audit.barred(operation.on_record(), denial, why);
        self.tell(operation, denial.clone())
    }

    fn tell(&self, operation: Operation<'_>, denial: Denial) -> ErrorData {
        if self.answers().tells(operation, &denial, &self.caller)
            && let Some(verdict) = self.verdict().filter(|verdict| verdict.allow())
        {
            // Allowed, for the status alone: there is no pass, so nothing runs.
            let error = self.answers().error(&denial);
            verdict.tell(denial);
            return error;
        }
        self.deny(denial);
        refused()
    }

    /// Records that the operation may run; `false` when the request was refused already.
    fn allow(&self) -> bool {
        self.verdict().is_none_or(VerdictSender::allow)
    }

    fn deny(&self, denial: Denial) {
        if let Some(verdict) = self.verdict() {
            verdict.deny(denial);
        }
    }
}

/// Proof that an operation was decided and may run: only the gate makes one, and nothing runs
/// without.
pub(super) struct Pass(pub(super) Ticket);

impl Pass {
    /// The caller, where it is somebody.
    pub(super) fn caller(&self) -> Option<&AuthInfo> {
        self.0.caller.as_ref()
    }

    /// Lets a refusal that comes while a tool runs be told in its result.
    pub(super) fn expect_result(&self) {
        if let Some(verdict) = self.0.verdict() {
            verdict.expect_result();
        }
    }

    /// A refusal that came late, on the arguments or out of the handler, and is told in the message.
    pub(super) fn told(&self) -> Option<CallToolResponse> {
        self.0.verdict().and_then(|_| told(&self.0.call))
    }

    /// Runs what was allowed; a panic becomes an answer (rmcp would leave the client without any).
    pub(super) fn run<T, F>(
        &self,
        run: impl FnOnce() -> F,
    ) -> impl Future<Output = Result<T, ErrorData>>
    where
        F: Future<Output = Result<T, ErrorData>>,
    {
        // Combinators: an `async` block would have the room for what it captures twice.
        let ran = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(running) => Either::Left(AssertUnwindSafe(running).catch_unwind()),
            Err(panic) => Either::Right(ready(Err(panic))),
        };
        ran.map(|ran| {
            ran.unwrap_or_else(|_| {
                tracing::error!("a handler panicked");
                let running = self.0.verdict().and_then(VerdictSender::running);
                let audit = &self.0.answers().audit;
                audit.denied(self.caller(), running, &Denial::Failed);
                self.0.deny(Denial::Failed);
                Err(failed())
            })
        })
    }
}

/// The refusal that was left for the message.
fn told(call: &OpenCall) -> Option<CallToolResponse> {
    let denial = call.verdict.told()?;
    Some(call.answers.tool_result(&denial).into())
}
