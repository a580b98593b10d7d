//! What a principal owns: the sessions of revisions before 2026-07-28, and in `seal` and `tasks` what
//! leads from one request to the next.
//!
//! An id of rmcp's works for whoever sees it. Ours travel sealed with their owner, so that another
//! principal's use of an id, a forged one and an unknown one all get one answer, which rmcp writes:
//! the id is replaced by a fresh random one.

mod cipher;
mod held;
mod in_flight;
mod keys;
mod news;
mod owner;
mod seal;
mod streams;
mod tasks;

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetExtensions, RequestStateCodec, SealOptions,
    ServerJsonRpcMessage,
};
use rmcp::transport::streamable_http_server::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, ServerSseMessage, SessionId,
};

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::gate::{Admitted, Caller};
use held::Held;
pub use held::SessionLimits;
use in_flight::Calls;
pub(crate) use in_flight::InFlight;
pub(crate) use keys::SealingKeys;
pub(crate) use owner::owner;
pub(crate) use seal::{Foreign, Purpose, Seal, Unsealed};
pub(crate) use streams::{Place, Streams};
pub(crate) use tasks::{MadeBy, NotTheirs, TaskOwners};

/// `Mcp-Session-Id` (MCP 2025-11-25, Streamable HTTP §Session Management).
pub(crate) const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");

/// The server and the owner that a session id is for: another server can have the same keys.
fn bound(resource: &str, caller: &AuthInfo) -> Vec<u8> {
    serde_json::to_vec(&(resource, "session", owner::parts(caller))).unwrap_or_default()
}

/// rmcp's sessions, each held by one principal.
pub(crate) struct BoundSessions {
    inner: LocalSessionManager,
    seal: RequestStateCodec,
    resource: String,
    limits: SessionLimits,
    held: Arc<Mutex<Held>>,
    calls: Calls,
    tasks: Arc<TaskOwners>,
}

/// The session cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

impl BoundSessions {
    pub(crate) fn new(
        limits: SessionLimits,
        seal: RequestStateCodec,
        resource: String,
        tasks: Arc<TaskOwners>,
    ) -> Self {
        Self {
            inner: LocalSessionManager::default(),
            seal,
            resource,
            limits,
            held: Arc::default(),
            calls: Calls::default(),
            tasks,
        }
    }

    /// Replaces a sealed id by rmcp's own, or by one that nobody has.
    pub(crate) fn unwrap_id(&self, headers: &mut HeaderMap, caller: &Caller) {
        let mut ids = headers.get_all(SESSION_HEADER).iter();
        let Some(first) = ids.next() else { return };
        let sealed = if ids.next().is_none() {
            first.to_str().ok()
        } else {
            None
        };
        let own = sealed
            .zip(caller.as_ref())
            .and_then(|(id, caller)| self.open(id, caller));
        headers.insert(SESSION_HEADER, own.unwrap_or_else(unknown_id));
    }

    fn open(&self, sealed: &str, caller: &AuthInfo) -> Option<HeaderValue> {
        let id = self.seal.open_with(sealed, &bound(&self.resource, caller));
        HeaderValue::from_bytes(&id.ok()?).ok()
    }

    /// Seals the id that rmcp gives out.
    pub(crate) fn wrap_id(&self, headers: &mut HeaderMap, caller: &Caller) {
        let Some(id) = headers.remove(SESSION_HEADER) else {
            return;
        };
        let Some(caller) = caller else { return };
        let bound = bound(&self.resource, caller);
        let options = SealOptions::new().associated_data(&bound);
        if let Ok(sealed) = HeaderValue::try_from(self.seal.seal_with(id.as_bytes(), &options)) {
            headers.insert(SESSION_HEADER, sealed);
        }
    }

    /// Enters the session under the principal that `message` comes from.
    fn hold(&self, id: &SessionId, message: &ClientJsonRpcMessage) -> Result<(), SessionError> {
        let admitted = admitted(message).ok_or(SessionError::Refused)?;
        let refuse = |denial| {
            let call = &admitted.call;
            call.answers
                .audit
                .denied(admitted.caller.as_ref(), None, &denial);
            call.verdict.deny(denial);
            Err(SessionError::Refused)
        };
        // What is nobody's could be resumed by anybody.
        let Some(caller) = &admitted.caller else {
            return refuse(Denial::Unauthenticated(Default::default()));
        };
        if self.lock().take(id, owner(caller), &self.limits) {
            Ok(())
        } else {
            refuse(Denial::TooManySessions)
        }
    }

    /// What the session's owner is told of these events.
    fn own_news<S>(
        &self,
        id: &SessionId,
        events: S,
    ) -> impl Stream<Item = ServerSseMessage> + use<S>
    where
        S: Stream<Item = ServerSseMessage>,
    {
        let (held, id) = (Arc::clone(&self.held), id.clone());
        let owner = move || lock(&held).owner(&id);
        news::of_owner(owner, Arc::clone(&self.tasks), events)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        lock(&self.held)
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn admitted(message: &ClientJsonRpcMessage) -> Option<&Admitted> {
    let ClientJsonRpcMessage::Request(request) = message else {
        return None;
    };
    let ClientRequest::InitializeRequest(initialize) = &request.request else {
        return None;
    };
    Admitted::find(initialize.extensions())
}

/// An id that no session has: 128 random bits, in the form of rmcp's own.
fn unknown_id() -> HeaderValue {
    let mut bytes = [0; 16];
    // Without randomness the id of zeros is nobody's session either.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unknown"))
}

// Boxed, since a server without sessions would carry the room for all of this through every request.
impl SessionManager for BoundSessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        Ok(Box::pin(self.inner.create_session()).await?)
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        if let Err(error) = self.hold(id, &message) {
            Box::pin(self.inner.close_session(id)).await?;
            return Err(error);
        }
        Ok(Box::pin(self.inner.initialize_session(id, message)).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        self.lock().free(id);
        Ok(Box::pin(self.inner.close_session(id)).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let ClientJsonRpcMessage::Request(request) = &mut message else {
            return Err(SessionError::Refused);
        };
        let Some(call) = self.calls.begin(id, request) else {
            let answer = in_flight::taken(request.id.clone());
            return Ok(stream::once(ready(answer)).left_stream());
        };
        let events = Box::pin(self.inner.create_stream(id, message)).await?;
        Ok(self.own_news(id, call.watch(events)).right_stream())
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        Ok(Box::pin(self.inner.accept_message(id, message)).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let events = Box::pin(self.inner.create_standalone_stream(id)).await?;
        Ok(self.own_news(id, events))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let events = Box::pin(self.inner.resume(id, last_event_id)).await?;
        Ok(self.own_news(id, events))
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, SessionError> {
        Ok(Box::pin(self.inner.restore_session(id)).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_for_one_server() {
        let sessions = |resource: &str| {
            let codec = RequestStateCodec::try_new([7; 32]).unwrap();
            BoundSessions::new(
                SessionLimits::new(),
                codec,
                resource.to_owned(),
                Arc::default(),
            )
        };
        let alice = Some(
            AuthInfo::builder("https://as.test")
                .subject("alice")
                .build(),
        );
        let (here, there) = (sessions("https://h/a"), sessions("https://h/b"));
        let own = HeaderValue::from_static("rmcp-s-own");
        let mut headers = HeaderMap::from_iter([(SESSION_HEADER, own.clone())]);
        here.wrap_id(&mut headers, &alice);
        for (sessions, opens) in [(&here, true), (&there, false)] {
            let mut headers = headers.clone();
            sessions.unwrap_id(&mut headers, &alice);
            assert_eq!(headers.get(SESSION_HEADER) == Some(&own), opens);
        }
    }
}
