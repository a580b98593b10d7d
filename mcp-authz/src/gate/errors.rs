//! What rmcp gets of the gate instead of a result.

use rmcp::RoleServer;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::RequestContext;
use serde_json::json;

use super::methods::SET_LEVEL;
use super::operation::Operation;

/// Whoever hangs up, or calls it off, while a policy is asked wants nothing to run any more.
pub(crate) fn still_wanted(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    match context.ct.is_cancelled() {
        true => Err(refused()),
        false => Ok(()),
    }
}

/// What rmcp gets for a refused request. The layer replaces it with the HTTP answer.
pub(crate) fn refused() -> ErrorData {
    ErrorData::invalid_request("refused", None)
}

/// What a request gets that was allowed and cannot be answered.
pub(crate) fn failed() -> ErrorData {
    ErrorData::internal_error("the server failed", None)
}

/// The protocol's answer to a name that there is not: one text for the unknown and the concealed.
pub(crate) fn unknown(operation: Operation<'_>) -> ErrorData {
    match operation {
        Operation::Protocol | Operation::Tool(..) => {
            ErrorData::invalid_params("tool not found", None)
        }
        Operation::Prompt(..) => ErrorData::invalid_params("prompt not found", None),
        // rmcp writes the code of the caller's revision; the URI is the caller's own (SEP-2164).
        Operation::Resource(uri) => {
            ErrorData::resource_not_found("resource not found", Some(json!({ "uri": uri })))
        }
        Operation::Template(_) => ErrorData::invalid_params("resource not found", None),
        Operation::Setting => unknown(Operation::Method(SET_LEVEL)),
        Operation::Method(method) => {
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.to_owned(), None)
        }
    }
}
