//! The end of a session, which is its owner's to bring about: rmcp accepts the end of any.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::SessionManager;

use super::Shared;
use crate::bind::SESSION_HEADER;
use crate::challenge::ResponseBody;

/// What rmcp says of a session that there is not, to every other method.
const UNKNOWN: &str = "Not Found: Session not found";

impl<H: ServerHandler> Shared<H> {
    /// Whether these are the headers of a DELETE of no session: after `unwrap_id`, also of another's.
    pub(super) async fn ends_nothing(&self, headers: &HeaderMap) -> bool {
        let id = headers.get(SESSION_HEADER);
        let Some(id) = id.and_then(|id| id.to_str().ok()) else {
            // rmcp says that there must be one.
            return false;
        };
        if self.sessions.has_session(&id.into()).await.unwrap_or(false) {
            return false;
        }
        // One that another replica made.
        match &self.transport.session_store {
            Some(store) => !matches!(store.load(id).await, Ok(Some(_))),
            None => true,
        }
    }
}

/// MCP 2025-11-25 §Session Management: the id of a session that is over is answered with 404. Other
/// refusals of rmcp's keep their own status.
pub(super) fn unknown(accepted: Response<ResponseBody>) -> Response<ResponseBody> {
    if accepted.status() != StatusCode::ACCEPTED {
        return accepted;
    }
    let mut response = Response::new(Full::new(Bytes::from_static(UNKNOWN.as_bytes())).boxed());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
