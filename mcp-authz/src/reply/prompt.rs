//! What an annotated prompt may return.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResponse, GetPromptResult, InputRequiredResult, PromptMessage, Role};

use super::Fault;

/// What can be sent as a prompt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an annotated prompt",
    label = "not something that can be sent as a prompt",
    note = "return `String` or `&str` for one message of the user's, a `PromptMessage`, a `Vec<PromptMessage>`, a `GetPromptResult`, or a `Result` of one of these whose error can be shown; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.prompt.html#the-function"
)]
pub trait PromptReply {
    /// The prompt as it is sent.
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a prompt.
    fn reply(self) -> Result<GetPromptResponse, ErrorData>;
}

/// One message of the user's.
impl PromptReply for String {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        PromptMessage::new_text(Role::User, self).reply()
    }
}

impl PromptReply for &str {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        self.to_owned().reply()
    }
}

impl PromptReply for PromptMessage {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        vec![self].reply()
    }
}

impl PromptReply for Vec<PromptMessage> {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        GetPromptResult::new(self).reply()
    }
}

impl PromptReply for GetPromptResult {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        Ok(self.into())
    }
}

impl PromptReply for InputRequiredResult {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        Ok(self.into())
    }
}

impl PromptReply for GetPromptResponse {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        Ok(self)
    }
}

impl<T: PromptReply, E: Fault> PromptReply for Result<T, E> {
    fn reply(self) -> Result<GetPromptResponse, ErrorData> {
        self.map_err(Fault::fault)?.reply()
    }
}
