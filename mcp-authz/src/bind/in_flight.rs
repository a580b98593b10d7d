//! The calls of sessions that have not been answered yet.
//!
//! rmcp routes an answer by the id that the client chose. Two running calls of one id would get each
//! other's answers, or none at all, and what is kept for the first would never be freed. The
//! protocol forbids such ids (MCP 2025-11-25, base protocol §Requests); this enforces it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt};
use rmcp::ErrorData;
use rmcp::model::{ClientRequest, GetExtensions, JsonRpcRequest, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId};

type Key = (SessionId, RequestId);

/// The ids that are taken.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<HashSet<Key>>>);

/// One running call: its id is taken until the last clone is gone.
#[derive(Clone)]
pub(crate) struct InFlight(
    #[expect(dead_code, reason = "what counts is when it is dropped")] Arc<Claim>,
);

struct Claim {
    calls: Calls,
    key: Key,
}

impl Calls {
    /// Takes the id of `request`; `None` while another call of the session has it.
    ///
    /// The request carries a clone for the gate, so that the id stays taken while the handler runs,
    /// though the client may have hung up.
    pub(super) fn begin(
        &self,
        session: &SessionId,
        request: &mut JsonRpcRequest<ClientRequest>,
    ) -> Option<InFlight> {
        let key = (session.clone(), request.id.clone());
        if !self.lock().insert(key.clone()) {
            return None;
        }
        let calls = self.clone();
        let call = InFlight(Arc::new(Claim { calls, key }));
        request.request.extensions_mut().insert(call.clone());
        Some(call)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// Lets go of the id when the answer passes: once the client has it, it may use the id again.
    pub(super) fn watch<S>(self, events: S) -> impl Stream<Item = ServerSseMessage> + use<S>
    where
        S: Stream<Item = ServerSseMessage>,
    {
        let mut call = Some(self);
        events.inspect(move |event| {
            if event.message.as_deref().is_some_and(is_answer) {
                drop(call.take());
            }
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.key);
    }
}

/// The answer to a request whose id is taken.
pub(super) fn taken(id: RequestId) -> ServerSseMessage {
    let error = ErrorData::invalid_request("a request of this id is not answered yet", None);
    ServerSseMessage::from_message(ServerJsonRpcMessage::error(error, Some(id)))
}

fn is_answer(message: &ServerJsonRpcMessage) -> bool {
    matches!(
        message,
        ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_)
    )
}
