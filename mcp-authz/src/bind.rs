//! What a principal owns: the sessions of revisions before 2026-07-28, and in `seal` and `tasks` what
//! leads from one request to the next.
//!
//! An id of rmcp's works for whoever sees it. Ours travel sealed with their owner, so that another
//! principal's use of an id, a forged one and an unknown one all get one answer, which rmcp writes:
//! the id is replaced by a fresh random one.

mod cipher;
mod in_flight;
mod keys;
mod owner;
mod seal;
mod streams;
mod tasks;

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetExtensions, RequestStateCodec, SealOptions,
    ServerJsonRpcMessage, ServerNotification,
};
use rmcp::transport::streamable_http_server::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, ServerSseMessage, SessionId,
};
use serde_json::Value;

use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::gate::{Admitted, Caller};
use in_flight::Calls;
pub(crate) use in_flight::InFlight;
pub(crate) use keys::SealingKeys;
use owner::Owner;
pub(crate) use owner::owner;
pub(crate) use seal::{Foreign, Purpose, Seal, Unsealed};
pub(crate) use streams::{Place, Streams};
pub(crate) use tasks::{MadeBy, NotTheirs, TaskOwners};

/// `Mcp-Session-Id` (MCP 2025-11-25, Streamable HTTP §Session Management).
pub(crate) const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");

/// News of tasks, in this revision and others.
const TASK_NEWS: &str = "notifications/tasks";

/// How many sessions are held, for older revisions of the protocol.
///
/// An `initialize` costs its sender nothing and the server about 50 KB for as long as the session lasts
/// (measured; `docs/benchmarks.md` of the repository), so both numbers are capped.
///
/// ```
/// use mcp_authz::{Server, SessionLimits};
///
/// let builder = Server::builder("mail").sessions(SessionLimits::new().per_principal(4).total(500));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SessionLimits {
    per_principal: usize,
    total: usize,
}

impl SessionLimits {
    /// 16 for each principal, 1,024 in all.
    pub const fn new() -> Self {
        Self {
            per_principal: 16,
            total: 1024,
        }
    }

    /// Sessions that one (issuer, subject, client) may hold; one more is answered with 429.
    pub const fn per_principal(mut self, sessions: usize) -> Self {
        self.per_principal = sessions;
        self
    }

    /// Sessions held in all; one more is answered with 429, whoever opens it.
    pub const fn total(mut self, sessions: usize) -> Self {
        self.total = sessions;
        self
    }
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// The server and the owner that a session id is for: another server can have the same keys.
fn bound(resource: &str, caller: &AuthInfo) -> Vec<u8> {
    serde_json::to_vec(&(resource, "session", owner(caller))).unwrap_or_default()
}

/// rmcp's sessions, each held by one principal.
pub(crate) struct BoundSessions {
    inner: LocalSessionManager,
    seal: RequestStateCodec,
    resource: String,
    limits: SessionLimits,
    held: Mutex<Held>,
    calls: Calls,
    tasks: Arc<TaskOwners>,
}

#[derive(Default)]
struct Held {
    owners: HashMap<SessionId, Owner>,
    counts: HashMap<Owner, usize>,
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
            held: Mutex::new(Held::default()),
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
            let audit = &admitted.answers.audit;
            audit.denied(admitted.caller.as_ref(), None, &denial);
            admitted.verdict.deny(denial);
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

    /// What the session's owner is told: no news of a task that is not its own, though a handler may
    /// send that to everybody it knows.
    fn own_news<S>(
        &self,
        id: &SessionId,
        events: S,
    ) -> impl Stream<Item = ServerSseMessage> + use<S>
    where
        S: Stream<Item = ServerSseMessage>,
    {
        let owner = self.lock().owners.get(id).cloned();
        let tasks = Arc::clone(&self.tasks);
        events.filter(move |event| {
            let task = event.message.as_deref().and_then(task_told);
            let is_own = |id| owner.as_ref().is_some_and(|owner| tasks.is_of(id, owner));
            ready(task.is_none_or(is_own))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn take(&mut self, id: &SessionId, owner: Owner, limits: &SessionLimits) -> bool {
        let count = self.counts.get(&owner).copied().unwrap_or(0);
        if count >= limits.per_principal || self.owners.len() >= limits.total {
            return false;
        }
        self.counts.insert(owner.clone(), count + 1);
        self.owners.insert(id.clone(), owner);
        true
    }

    fn free(&mut self, id: &SessionId) {
        let Some(owner) = self.owners.remove(id) else {
            return;
        };
        match self.counts.get_mut(&owner) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.counts.remove(&owner);
            }
        }
    }
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

/// The task that a message brings news of; in a shape that is not MCP's, by the id in its usual place, and
/// without one nobody's.
fn task_told(message: &ServerJsonRpcMessage) -> Option<&str> {
    let ServerJsonRpcMessage::Notification(message) = message else {
        return None;
    };
    match &message.notification {
        ServerNotification::TaskStatusNotification(news) => Some(&news.params.task.task.task_id),
        ServerNotification::CustomNotification(news) if news.method.starts_with(TASK_NEWS) => {
            let id = news.params.as_ref().and_then(|params| params.get("taskId"));
            Some(id.and_then(Value::as_str).unwrap_or_default())
        }
        _ => None,
    }
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
