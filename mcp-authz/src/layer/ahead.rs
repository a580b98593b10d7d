//! What a request wants to watch, read before rmcp reads it: rmcp asks what may be watched where nobody
//! can wait for a policy, and tells the client before the handler runs.
//!
//! It is no second reading that anything hangs on. A caller may watch a resource or may not, whatever
//! message it is named in, and the gate lets through only what is both in rmcp's message and here.

use bytes::{BufMut, Bytes};
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest};

use super::readable::Watched;

type Frames = Vec<Result<Frame<Bytes>, axum::Error>>;

/// A body once more, its failure included.
pub(super) type Again = StreamBody<stream::Iter<<Frames as IntoIterator>::IntoIter>>;

/// Reads `request`, and gives it back with the URIs in it and how long it is. What is longer than
/// `max_bytes` is read that far, which is enough for rmcp to refuse it.
pub(super) async fn read(
    request: Request<Watched>,
    max_bytes: usize,
) -> (Request<Again>, Vec<String>, usize) {
    let (parts, mut body) = request.into_parts();
    let (mut text, mut failure) = (Vec::new(), None);
    while text.len() <= max_bytes
        && failure.is_none()
        && let Some(frame) = body.frame().await
    {
        match frame {
            Ok(mut frame) => {
                if let Some(data) = frame.data_mut() {
                    text.put(data);
                }
            }
            Err(error) => failure = Some(Err(error)),
        }
    }
    let is_whole = text.len() <= max_bytes && failure.is_none();
    let uris = is_whole.then(|| uris(&text)).flatten();
    let length = text.len();
    let all = Ok(Frame::data(Bytes::from(text)));
    let frames = [all].into_iter().chain(failure);
    let again = StreamBody::new(stream::iter(frames.collect::<Frames>()));
    let request = Request::from_parts(parts, again);
    (request, uris.unwrap_or_default(), length)
}

fn uris(text: &[u8]) -> Option<Vec<String>> {
    let ClientJsonRpcMessage::Request(message) = serde_json::from_slice(text).ok()? else {
        return None;
    };
    match message.request {
        ClientRequest::SubscriptionsListenRequest(listen) => {
            listen.params.notifications.resource_subscriptions
        }
        _ => None,
    }
}
