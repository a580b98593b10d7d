//! What is left of a request's body when its answer is there, whoever gave it. A server that leaves it
//! unread has to close the connection (RFC 9112 §9.3), and a client that was not told sends its next
//! request into it and gets no answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::timeout;

/// How long a body may take that nobody wants.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a body goes that whoever had it did not read to its end.
#[derive(Clone, Default)]
struct Unread(Arc<Mutex<Option<Body>>>);

impl Unread {
    fn lock(&self) -> MutexGuard<'_, Option<Body>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request in the hands of whoever answers it.
pub(super) struct Lent {
    /// `None` once it has been read to its end.
    body: Option<Body>,
    unread: Unread,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            *self.unread.lock() = Some(body);
        }
    }
}

/// What knows, once the answer is there, how much of the body they read.
pub(super) struct Lender {
    unread: Unread,
    /// A stream of HTTP/2 ends without its connection.
    ends_connection: bool,
    /// RFC 9110 §10.1.1: the client asks first whether to send the body.
    asks_first: bool,
}

/// Gives the request on, and keeps an eye on its body.
pub(super) fn lend(request: Request<Body>) -> (Request<Lent>, Lender) {
    let (parts, body) = request.into_parts();
    let unread = Unread::default();
    let lender = Lender {
        unread: unread.clone(),
        ends_connection: parts.version < Version::HTTP_2,
        asks_first: parts.headers.contains_key(EXPECT),
    };
    let body = Some(body);
    (Request::from_parts(parts, Lent { body, unread }), lender)
}

/// The answer to a request, whose body need not have been read for it.
pub(crate) async fn answered<R, F>(
    request: Request<Body>,
    max_bytes: usize,
    answer: impl FnOnce(Request<Body>) -> F,
) -> Response<R>
where
    F: Future<Output = Response<R>>,
{
    let (request, lender) = lend(request);
    let mut response = answer(request.map(Body::new)).await;
    lender.read_over(max_bytes, response.headers_mut()).await;
    response
}

impl Lender {
    /// Reads over what was left, if it is no longer than a body that would be let in; else says in the
    /// head of the answer that the connection ends.
    pub(super) async fn read_over(self, max_bytes: usize, answer: &mut HeaderMap) {
        let left = self.unread.lock().take();
        let Some(left) = left.filter(|body| self.ends_connection && !body.is_end_stream()) else {
            return;
        };
        // Boxed: it is rare, and every request would carry what it needs.
        if self.asks_first || !Box::pin(is_read_over(left, max_bytes)).await {
            answer.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

async fn is_read_over(body: Body, max_bytes: usize) -> bool {
    let max = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    let is_too_long = body.size_hint().lower() > max;
    !is_too_long && timeout(PATIENCE, is_within(body, max_bytes)).await == Ok(true)
}

async fn is_within(mut body: Body, max_bytes: usize) -> bool {
    let mut left = max_bytes;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(length) else {
            return false;
        };
        left = less;
    }
    true
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = self.body.as_mut() else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref().map(Body::size_hint);
        body.unwrap_or_else(|| SizeHint::with_exact(0))
    }
}
