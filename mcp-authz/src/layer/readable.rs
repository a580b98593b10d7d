//! What a message may hold, seen as it comes: what rmcp could not read without harm is not given to it.
//!
//! It is no reading. Brackets, commas and quotes are counted as bytes are, and one member is looked for by
//! which `serde_json` is told to read a text as a document of its own.

mod scan;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};

use super::leftover::Lent;
use crate::auth_info::OpenCall;
use crate::challenge::Denial;
use scan::Scan;

/// What takes the place of a piece that is not given on: no document goes on with it.
const NO_JSON: Bytes = Bytes::from_static(b"\0");

/// The body of a request, each piece of which is given on once it was seen. One that is not fit is refused
/// through the verdict, so that nothing runs whatever the pieces before it say, and the rest is withheld.
pub(super) struct Watched {
    body: Lent,
    /// `None` once something was not fit.
    scan: Option<Scan>,
    is_first: bool,
    call: Arc<OpenCall>,
}

pub(super) fn watch(
    request: Request<Lent>,
    call: Arc<OpenCall>,
    max_bytes: usize,
) -> Request<Watched> {
    request.map(|body| Watched {
        body,
        scan: Some(Scan::new(max_bytes)),
        is_first: true,
        call,
    })
}

impl Watched {
    fn see(&mut self, data: Bytes) -> Bytes {
        let is_whole = std::mem::take(&mut self.is_first) && self.body.is_end_stream();
        let Some(scan) = &mut self.scan else {
            return NO_JSON;
        };
        if is_whole && scan.is_harmless(&data) {
            return data;
        }
        match scan.see(&data) {
            Ok(()) => data,
            Err(unfit) => {
                let why = unfit.reason();
                tracing::info!("{why}");
                self.call.verdict.deny(Denial::Unreadable(why));
                self.scan = None;
                NO_JSON
            }
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| self.see(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
