//! Why a token was refused: what the log says and no client is told, for the author of a test.

use std::cell::RefCell;

tokio::task_local! {
    /// Of the request that this task waits for.
    static TOLD: RefCell<Option<String>>;
}

/// What was told last while `work` was done.
pub(super) async fn hearing<T>(work: impl Future<Output = T>) -> (T, Option<String>) {
    let work = async { (work.await, TOLD.with(RefCell::take)) };
    TOLD.scope(RefCell::default(), work).await
}

/// Takes note of it. Nobody listens in the tasks of a user's own.
pub(super) fn note(reason: &str) {
    let reason = reason.to_owned();
    let _ = TOLD.try_with(|told| told.replace(Some(reason)));
}
