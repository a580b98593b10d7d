//! News of tasks, which a handler may send to everybody it knows.

use std::future::ready;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use rmcp::model::{ServerJsonRpcMessage, ServerNotification};
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use serde_json::Value;

use super::owner::Owner;
use super::tasks::TaskOwners;

/// In this revision and others.
const TASK_NEWS: &str = "notifications/tasks";

/// What the owner of a session is told: no news of a task that is not its own. `owner` is asked where there
/// is such news, and for most answers never.
pub(super) fn of_owner<S, F>(
    owner: F,
    tasks: Arc<TaskOwners>,
    events: S,
) -> impl Stream<Item = ServerSseMessage> + use<S, F>
where
    S: Stream<Item = ServerSseMessage>,
    F: Fn() -> Option<Owner>,
{
    events.filter(move |event| {
        let task = event.message.as_deref().and_then(task_told);
        let is_own = |id| owner().is_some_and(|owner| tasks.is_of(id, &owner));
        ready(task.is_none_or(is_own))
    })
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
