//! The last word of an annotated function: on its typed arguments, before it runs and before any
//! byte of the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rmcp::ErrorData;

use super::Call;
use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::gate::{Decision, KnownPolicy, Ticket, judged, still_wanted};
use crate::scope::{Requirement, ScopeSet};

/// For the macros' expansions.
#[doc(hidden)]
impl Call<'_> {
    /// Refuses a caller who lacks what these arguments require besides: with all scopes of the
    /// operation, as the gate would.
    pub fn require(&self, more: impl FnOnce(&AuthInfo) -> Requirement) -> Result<(), ErrorData> {
        let auth = self.verified()?;
        let Some(call) = auth.call() else {
            return Err(self.refuse(Denial::Failed));
        };
        let Ok(more) = catch_unwind(AssertUnwindSafe(|| more(auth))) else {
            tracing::error!("a requirement panicked");
            return Err(self.refuse(Denial::Failed));
        };
        let decided = self
            .rule
            .access
            .with_more(more, &call.answers.terms, auth.scopes());
        decided.map_err(|scopes| self.refuse(Denial::InsufficientScope(scopes)))
    }

    /// Refuses a caller whom the policy does not let through with these arguments.
    pub async fn ask<A>(
        &self,
        arguments: &A,
        policy: impl KnownPolicy<A>,
    ) -> Result<(), ErrorData> {
        if !self.rule.deferred.is_any() {
            // One over the caller alone, which the gate has asked.
            return Ok(());
        }
        let auth = self.verified()?;
        let asked = judged(async { policy.ask(auth, arguments).await });
        asked.await.map_err(|denial| self.refuse(denial))
    }

    /// The function may run: the word that the gate left open.
    pub fn allow(&self) -> Result<(), ErrorData> {
        self.settle(Decision::Allow)?;
        still_wanted(&self.context.request_context)
    }

    fn verified(&self) -> Result<&AuthInfo, ErrorData> {
        self.auth
            .as_ref()
            .ok_or_else(|| self.refuse(Denial::Unauthenticated(ScopeSet::new())))
    }

    fn refuse(&self, denial: Denial) -> ErrorData {
        let refused = self.settle(self.rule.refuse(denial));
        refused.err().unwrap_or_else(crate::gate::refused)
    }

    fn settle(&self, decision: Decision) -> Result<(), ErrorData> {
        let extensions = &self.context.request_context.extensions;
        // No ticket: the request did not come through the layer.
        let ticket = Ticket::read(extensions).ok_or_else(crate::gate::refused)?;
        ticket.settle(self.operation, decision)
    }
}
