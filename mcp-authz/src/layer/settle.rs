//! Holds the head of a response until the gate has decided.
//!
//! rmcp sends the head of an SSE reply before the handler has run (sessions and older revisions)
//! or with the first message (a listen acknowledgement). Until the verdict is there, whatever the
//! body says is kept back: a refusal replaces it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use crate::challenge::{Denial, ResponseBody};
use crate::verdict::Verdict;

/// How much of a body is kept back, in bytes. Beyond it the body simply waits: rmcp's channel then
/// slows whoever writes it.
const MAX_HELD_BYTES: usize = 64 * 1024;

/// Waits for the verdict; gives the response on, or the refusal that takes its place.
pub(super) async fn settle(
    verdict: Verdict,
    response: Response<ResponseBody>,
) -> Result<Response<ResponseBody>, Denial> {
    if let Some(released) = verdict.release_if_settled() {
        return released.map(|()| response);
    }
    let (head, mut body) = response.into_parts();
    let held = hold(&verdict, &mut body).await;
    verdict.release()?;
    let body = if held.is_empty() {
        body
    } else {
        Held { held, rest: body }.boxed()
    };
    Ok(Response::from_parts(head, body))
}

/// Reads ahead until the cell is settled or the body has ended.
async fn hold(verdict: &Verdict, body: &mut ResponseBody) -> VecDeque<Frame<Bytes>> {
    let mut held = VecDeque::new();
    let mut bytes = 0;
    while bytes < MAX_HELD_BYTES {
        tokio::select! {
            biased;
            () = verdict.settled() => return held,
            frame = body.frame() => {
                // The error type is uninhabited: a body that gives no frame has ended.
                let Some(Ok(frame)) = frame else { return held };
                bytes += frame.data_ref().map_or(0, Bytes::len);
                held.push_back(frame);
            }
        }
    }
    verdict.settled().await;
    held
}

/// What was kept back, then the rest.
struct Held {
    held: VecDeque<Frame<Bytes>>,
    rest: ResponseBody,
}

impl Body for Held {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.held.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self
            .held
            .iter()
            .filter_map(Frame::data_ref)
            .map(Bytes::len)
            .sum::<usize>();
        let held = u64::try_from(held).unwrap_or(u64::MAX);
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(held));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(held)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{VerdictSender, channel};
    use futures_util::stream;
    use http_body_util::{Full, StreamBody};
    use std::convert::Infallible;
    use std::time::Duration;
    use tokio::sync::mpsc;

    /// A response whose body is written from outside, like an SSE reply.
    fn streaming() -> (mpsc::UnboundedSender<&'static str>, Response<ResponseBody>) {
        let (writer, reader) = mpsc::unbounded_channel();
        let frames = stream::unfold(reader, |mut reader| async move {
            let text: &'static str = reader.recv().await?;
            Some((
                Ok::<_, Infallible>(Frame::data(Bytes::from_static(text.as_bytes()))),
                reader,
            ))
        });
        let body = StreamBody::new(Box::pin(frames));
        (writer, Response::new(SyncBody(body).boxed()))
    }

    /// `boxed` wants `Sync`; the test's stream is only polled by one task.
    struct SyncBody<B>(B);

    impl<B: Body<Data = Bytes, Error = Infallible> + Unpin> Body for SyncBody<B> {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Pin::new(&mut self.0).poll_frame(cx)
        }
    }

    fn pending() -> (VerdictSender, Verdict) {
        channel()
    }

    async fn text(response: Response<ResponseBody>) -> String {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn comments_and_priming_events_do_not_send_the_head() {
        let (sender, verdict) = pending();
        let (writer, response) = streaming();
        writer.send("id: 0\nretry: 3000\ndata:\n\n").unwrap();
        let settling = tokio::spawn(settle(verdict, response));
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(15)).await;
            writer.send(": keep-alive\n\n").unwrap();
            assert!(!settling.is_finished(), "the head left before the decision");
        }
        assert!(sender.deny(Denial::InvalidToken));
        assert_eq!(settling.await.unwrap().unwrap_err(), Denial::InvalidToken);
    }

    #[tokio::test]
    async fn an_acknowledgement_before_the_decision_is_kept_and_delivered_after_it() {
        let (sender, verdict) = pending();
        let (writer, response) = streaming();
        writer.send("ack;").unwrap();
        let settling = tokio::spawn(settle(verdict, response));
        tokio::task::yield_now().await;
        assert!(sender.allow());
        let response = settling.await.unwrap().unwrap();
        writer.send("rest").unwrap();
        drop(writer);
        assert_eq!(text(response).await, "ack;rest");
        assert!(!sender.deny(Denial::Failed), "the head has left");
    }

    #[tokio::test]
    async fn an_ended_body_or_a_closed_cell_lets_the_answer_go() {
        let (_sender, verdict) = pending();
        let answer = Response::new(Full::new(Bytes::from_static(b"415")).boxed());
        assert_eq!(text(settle(verdict, answer).await.unwrap()).await, "415");

        let (sender, verdict) = pending();
        let (writer, response) = streaming();
        let settling = tokio::spawn(settle(verdict, response));
        tokio::task::yield_now().await;
        drop(sender);
        let response = settling.await.unwrap().unwrap();
        drop(writer);
        assert_eq!(text(response).await, "");
    }

    #[tokio::test]
    async fn what_is_kept_back_is_bounded() {
        let (sender, verdict) = pending();
        let (writer, response) = streaming();
        let chunk: &'static str = Box::leak("x".repeat(8 * 1024).into_boxed_str());
        for _ in 0..100 {
            writer.send(chunk).unwrap();
        }
        drop(writer);
        let settling = tokio::spawn(settle(verdict, response));
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        assert!(!settling.is_finished());
        assert!(sender.allow());
        assert_eq!(
            text(settling.await.unwrap().unwrap()).await.len(),
            100 * 8 * 1024
        );
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_before_the_decision_ends_the_body() {
        let (sender, verdict) = pending();
        let (writer, response) = streaming();
        let settling = tokio::spawn(settle(verdict, response));
        tokio::task::yield_now().await;
        settling.abort();
        assert!(settling.await.unwrap_err().is_cancelled());
        assert!(
            writer.is_closed(),
            "rmcp cancels a call whose body is dropped"
        );
        // A decision that comes now harms nobody.
        assert!(sender.deny(Denial::InvalidToken));
    }
}
