//! How long a stream lasts. A call that was let in finishes; a stream that no call waits for ends with the
//! token that opened it: its client comes back with a newer one, or not at all.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use tokio::time::{Sleep, sleep};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::challenge::ResponseBody;
use crate::gate::Caller;

/// The stream that answers `caller`, who called, or just listens.
pub(super) fn lasting(
    body: ResponseBody,
    is_call: bool,
    caller: &Caller,
    running: TaskTrackerToken,
) -> ResponseBody {
    match caller {
        _ if is_call => Running {
            body,
            _token: running,
        }
        .boxed(),
        Some(caller) => until(caller.stays(SystemTime::now()), body),
        // Nobody's stream is nobody's session: there is none.
        None => body,
    }
}

/// A body that counts as running until it is read to its end or dropped.
struct Running {
    body: ResponseBody,
    _token: TaskTrackerToken,
}

impl Body for Running {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends `body` after `lifetime`.
fn until(lifetime: Duration, body: ResponseBody) -> ResponseBody {
    let end = Some(Box::pin(sleep(lifetime)));
    Until { body, end }.boxed()
}

struct Until {
    body: ResponseBody,
    /// `None` once it is over.
    end: Option<Pin<Box<Sleep>>>,
}

impl Body for Until {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let end = self.end.as_mut();
        if end.is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
            self.end = None;
            // Dropped, so that whoever writes it notices.
            self.body = Empty::new().boxed();
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use futures_util::{FutureExt, StreamExt, stream};
    use http_body_util::StreamBody;

    #[tokio::test(start_paused = true)]
    async fn it_ends_in_time_and_lets_go_of_its_source() {
        let source = Arc::new(());
        let held = Arc::clone(&source);
        let silence = stream::pending().inspect(move |_: &Result<Frame<Bytes>, Infallible>| {
            let _ = &held;
        });
        let mut body = until(
            Duration::from_secs(60),
            BodyExt::boxed(StreamBody::new(silence)),
        );
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(body.frame().now_or_never().is_none(), "still open");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(body.frame().await.is_none());
        assert_eq!(Arc::strong_count(&source), 1, "the source is gone");
    }
}
