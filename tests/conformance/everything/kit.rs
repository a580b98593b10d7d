//! What several parts need.

use json::Value;
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::PaginatedRequestParams;
use mcp_authz::serde::de::DeserializeOwned;

use super::{Answer, Context};

/// Anybody may keep what is listed and read, for a minute. A gate must not let that stand.
pub(super) const MINUTE: u64 = 60_000;

/// Whether the request is of a revision without sessions.
pub(super) fn is_modern(context: &Context) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| !version.has_initialize())
}

pub(super) fn cursor(request: Option<PaginatedRequestParams>) -> Option<String> {
    request.and_then(|request| request.cursor)
}

/// One page of a list, and the cursor of the next.
pub(super) fn page<T>(
    all: Vec<T>,
    cursor: Option<String>,
    size: usize,
) -> Answer<(Vec<T>, Option<String>)> {
    let start = match cursor.as_deref().map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) if start < all.len() => start,
        Some(_) => return Err(ErrorData::invalid_params("unknown cursor", None)),
    };
    let next = start + size;
    let more = (next < all.len()).then(|| next.to_string());
    Ok((all.into_iter().skip(start).take(size).collect(), more))
}

/// What is shorter to write as JSON than to build.
pub(super) fn model<T: DeserializeOwned>(value: Value) -> T {
    json::from_value(value).expect("JSON of the right shape")
}
