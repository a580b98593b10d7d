//! What an annotated resource may return.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::ErrorData;
use rmcp::model::{
    InputRequiredResult, ReadResourceResponse, ReadResourceResult, ResourceContents,
};

use super::Fault;

/// What can be sent as a resource.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an annotated resource",
    label = "not something that can be sent as a resource",
    note = "return `String` or `&str` for text, `Vec<u8>` for other bytes, a `ResourceContents`, a `Vec<ResourceContents>`, a `ReadResourceResult`, or a `Result` of one of these whose error can be shown; data is text: a `String` of its JSON, with `mime_type = \"application/json\"` above the function; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.resource.html#the-function"
)]
pub trait ResourceReply {
    /// The contents, which do not know yet where they were read.
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a resource.
    fn reply(self) -> Result<Contents, ErrorData>;
}

/// What was read.
#[derive(Debug)]
pub enum Contents {
    Text(String),
    Blob(Vec<u8>),
    /// The author's own, with its own URIs.
    Whole(ReadResourceResponse),
}

impl Contents {
    /// As it is sent for `uri`.
    pub(crate) fn at(self, uri: String, mime_type: Option<&str>) -> ReadResourceResponse {
        let contents = match self {
            Self::Text(text) => ResourceContents::text(text, uri),
            Self::Blob(bytes) => ResourceContents::blob(STANDARD.encode(bytes), uri),
            Self::Whole(response) => return response,
        };
        let contents = match mime_type {
            Some(mime_type) => contents.with_mime_type(mime_type),
            None => contents,
        };
        ReadResourceResult::new(vec![contents]).into()
    }
}

impl ResourceReply for String {
    fn reply(self) -> Result<Contents, ErrorData> {
        Ok(Contents::Text(self))
    }
}

impl ResourceReply for &str {
    fn reply(self) -> Result<Contents, ErrorData> {
        self.to_owned().reply()
    }
}

impl ResourceReply for Vec<u8> {
    fn reply(self) -> Result<Contents, ErrorData> {
        Ok(Contents::Blob(self))
    }
}

impl ResourceReply for ResourceContents {
    fn reply(self) -> Result<Contents, ErrorData> {
        vec![self].reply()
    }
}

impl ResourceReply for Vec<ResourceContents> {
    fn reply(self) -> Result<Contents, ErrorData> {
        ReadResourceResult::new(self).reply()
    }
}

impl ResourceReply for ReadResourceResult {
    fn reply(self) -> Result<Contents, ErrorData> {
        Ok(Contents::Whole(self.into()))
    }
}

impl ResourceReply for InputRequiredResult {
    fn reply(self) -> Result<Contents, ErrorData> {
        Ok(Contents::Whole(self.into()))
    }
}

impl ResourceReply for ReadResourceResponse {
    fn reply(self) -> Result<Contents, ErrorData> {
        Ok(Contents::Whole(self))
    }
}

impl<T: ResourceReply, E: Fault> ResourceReply for Result<T, E> {
    fn reply(self) -> Result<Contents, ErrorData> {
        self.map_err(Fault::fault)?.reply()
    }
}
