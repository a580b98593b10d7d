//! The body of a request that is refused before it is read. A server that answers and leaves it unread
//! has to close the connection (RFC 9112 §9.3), and a client that was not told sends its next request
//! into it and gets no answer.

use std::pin::pin;
use std::time::Duration;

use bytes::Buf;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderMap, HeaderValue, Request, Version};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

/// How long a body may take that nobody wants.
const PATIENCE: Duration = Duration::from_secs(2);

/// What becomes of the connection of a refused request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    Kept,
    Closed,
}

impl Connection {
    /// Says it where the client would not see it coming.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        if self == Self::Closed {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Reads over what is left of `request`: of a body that is no longer than one that would be let in.
pub(crate) async fn read_over<B: Body>(request: Request<B>, max_bytes: usize) -> Connection {
    // A stream of HTTP/2 ends without its connection.
    if request.version() >= Version::HTTP_2 || request.body().is_end_stream() {
        return Connection::Kept;
    }
    let max = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    // Who asks first whether to send the body (RFC 9110 §10.1.1) is told by the answer not to.
    if request.headers().contains_key(EXPECT) || request.body().size_hint().lower() > max {
        return Connection::Closed;
    }
    let read = timeout(PATIENCE, is_within(request.into_body(), max_bytes)).await;
    match read {
        Ok(true) => Connection::Kept,
        Ok(false) | Err(_) => Connection::Closed,
    }
}

async fn is_within<B: Body>(body: B, max_bytes: usize) -> bool {
    let mut body = pin!(body);
    let mut left = max_bytes;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let length = frame.data_ref().map_or(0, Buf::remaining);
        let Some(less) = left.checked_sub(length) else {
            return false;
        };
        left = less;
    }
    true
}
