//! The verdict cell: how the gate's decision reaches the HTTP status.
//!
//! One cell per HTTP request. Whoever can decide shares the sending half (it travels in the request's
//! extensions), the layer has the receiving half alone: when the sender is gone, nobody can decide any
//! more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::audit::{AuditOperation, Running};
use crate::challenge::Denial;

/// `Pending → Allowed → Released`, and `Pending | Allowed → Denied`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Allowed,
    /// A refusal, or a failure that must not look like one (500, 503).
    Denied(Denial),
    /// The head of the response has left.
    Released,
}

#[derive(Debug)]
struct Cell {
    state: Mutex<(State, Sender)>,
    /// A refusal that is told in the message, whatever the status.
    told: OnceLock<Denial>,
    /// Whether the message has a result to tell it in: that of a tool.
    has_result: AtomicBool,
    /// What was let in, where the operator keeps a record.
    running: OnceLock<Running>,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    There,
    Gone,
}

impl Cell {
    /// A panic cannot leave the state half-written: every critical section is one assignment.
    fn lock(&self) -> MutexGuard<'_, (State, Sender)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gate's half.
#[derive(Debug)]
pub(crate) struct VerdictSender(Arc<Cell>);

impl Drop for VerdictSender {
    fn drop(&mut self) {
        self.0.lock().1 = Sender::Gone;
        self.0.changed.notify_one();
    }
}

/// The layer's half.
#[derive(Debug)]
pub(crate) struct Verdict(Arc<Cell>);

pub(crate) fn channel() -> (VerdictSender, Verdict) {
    let cell = Arc::new(Cell {
        state: Mutex::new((State::Pending, Sender::There)),
        told: OnceLock::new(),
        has_result: AtomicBool::new(false),
        running: OnceLock::new(),
        changed: Notify::new(),
    });
    (VerdictSender(Arc::clone(&cell)), Verdict(cell))
}

impl VerdictSender {
    /// The operation may run. `false` when the request was refused already: then it may not.
    #[must_use]
    pub(crate) fn allow(&self) -> bool {
        let cell = &self.0;
        let mut state = cell.lock();
        match state.0 {
            State::Pending => {
                state.0 = State::Allowed;
                cell.changed.notify_one();
                true
            }
            State::Allowed | State::Released => true,
            State::Denied(_) => false,
        }
    }

    /// Leaves a refusal for the message. The first one stands.
    pub(crate) fn tell(&self, denial: Denial) {
        let _ = self.0.told.set(denial);
    }

    /// What the message has to tell.
    pub(crate) fn told(&self) -> Option<Denial> {
        self.0.told.get().cloned()
    }

    /// Says that a refusal can be told in the result.
    pub(crate) fn expect_result(&self) {
        self.0.has_result.store(true, Ordering::Relaxed);
    }

    /// Whether a refusal can be told in the result.
    pub(crate) fn has_result(&self) -> bool {
        self.0.has_result.load(Ordering::Relaxed)
    }

    /// Keeps what is let in, for the record of what comes of it. The first one stands.
    pub(crate) fn let_in(&self, operation: AuditOperation<'_>) {
        self.0.running.get_or_init(|| operation.into());
    }

    /// What was let in, where that is kept.
    pub(crate) fn running(&self) -> Option<AuditOperation<'_>> {
        self.0.running.get().map(Running::operation)
    }

    /// Refuses the request. `false` when the head has left, so that no status can say so.
    pub(crate) fn deny(&self, denial: Denial) -> bool {
        let cell = &self.0;
        let mut state = cell.lock();
        match state.0 {
            State::Pending | State::Allowed => {
                state.0 = State::Denied(denial);
                cell.changed.notify_one();
                true
            }
            // The first refusal stands.
            State::Denied(_) => true,
            State::Released => false,
        }
    }
}

impl Verdict {
    /// Waits until the gate has decided, or until nobody can decide any more.
    pub(crate) async fn settled(&self) {
        while !is_settled(&self.0.lock()) {
            self.0.changed.notified().await;
        }
    }

    /// Lets the head go, unless the request was refused.
    pub(crate) fn release(&self) -> Result<(), Denial> {
        release(&mut self.0.lock())
    }

    /// The same if [`settled`](Self::settled) would return at once.
    pub(crate) fn release_if_settled(&self) -> Option<Result<(), Denial>> {
        let mut state = self.0.lock();
        is_settled(&state).then(|| release(&mut state))
    }
}

fn is_settled((state, sender): &(State, Sender)) -> bool {
    *state != State::Pending || *sender == Sender::Gone
}

fn release((state, _): &mut (State, Sender)) -> Result<(), Denial> {
    if let State::Denied(denial) = state {
        return Err(denial.clone());
    }
    *state = State::Released;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_decision_settles_the_cell() {
        let (sender, verdict) = channel();
        assert!(verdict.settled().now_or_never().is_none());
        assert!(sender.allow());
        assert!(verdict.settled().now_or_never().is_some());
        assert_eq!(verdict.release(), Ok(()));
    }

    #[test]
    fn a_sender_that_is_gone_settles_the_cell() {
        let (sender, verdict) = channel();
        assert_eq!(verdict.release_if_settled(), None);
        drop(sender);
        assert!(verdict.settled().now_or_never().is_some());
        assert_eq!(verdict.release_if_settled(), Some(Ok(())));
    }

    #[test]
    fn a_refusal_outlives_its_sender_and_cannot_be_undone() {
        let (sender, verdict) = channel();
        assert!(sender.deny(Denial::Failed));
        assert!(!sender.allow(), "a refused request must not run");
        drop(sender);
        assert_eq!(verdict.release(), Err(Denial::Failed));
    }

    #[test]
    fn an_allowed_call_can_still_be_refused_until_the_head_has_left() {
        let (sender, verdict) = channel();
        assert!(sender.allow());
        assert!(sender.deny(Denial::Failed));
        assert_eq!(verdict.release(), Err(Denial::Failed));

        let (sender, verdict) = channel();
        assert!(sender.allow());
        assert_eq!(verdict.release(), Ok(()));
        assert!(!sender.deny(Denial::Failed), "too late for a status");
    }

    #[tokio::test]
    async fn a_waiting_layer_is_woken() {
        let (sender, verdict) = channel();
        let waiting = tokio::spawn(async move {
            verdict.settled().await;
            verdict.release()
        });
        tokio::task::yield_now().await;
        assert!(sender.deny(Denial::Failed));
        assert_eq!(waiting.await.unwrap(), Err(Denial::Failed));
    }
}
