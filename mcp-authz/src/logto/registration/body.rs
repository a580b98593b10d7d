//! What somebody sends, which is read before they are asked who they are: an answer that leaves it
//! unread ends the connection, and the client does not see that coming.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use tokio::time::timeout;

use super::refusal::Refusal;

/// No document is longer.
const MAX_BODY: usize = 16 * 1024;

/// Nobody writes one for longer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn read(body: Body) -> Result<Bytes, Refusal> {
    let read = timeout(PATIENCE, to_bytes(body, MAX_BODY)).await;
    let read = read.map_err(|_| Refusal::metadata("the document takes too long"))?;
    read.map_err(|_| Refusal::metadata("the document is too long"))
}
