//! Who asks for what.

use std::fmt;

use rmcp::model::JsonObject;

use super::methods::SET_LEVEL;
use crate::audit::AuditOperation;
use crate::auth_info::AuthInfo;
use crate::bind::MadeBy;
use crate::registry::Kind;

/// Who asks: a verified caller, or somebody without a token where the server lets those in.
pub(crate) type Caller = Option<AuthInfo>;

/// What an MCP request wants to do, on the value that rmcp parsed and will run.
#[derive(Clone, Copy)]
pub(crate) enum Operation<'a> {
    /// `initialize`, `server/discover`, `ping`, lists, the protocol's notifications.
    Protocol,
    /// `logging/setLevel`: one handler serves all callers, so what one sets is the others' as well.
    Setting,
    /// `tools/call`.
    Tool(&'a str, Arguments<'a>),
    /// `prompts/get`, and completions for a prompt.
    Prompt(&'a str, Arguments<'a>),
    /// `resources/read`, and everything else that names a URI.
    Resource(&'a str),
    /// A template by its text, in a list and in completions: for some URI of it.
    Template(&'a str),
    /// A method that MCP does not know.
    Method(&'a str),
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(crate) enum Arguments<'a> {
    /// Not a call: whether some arguments could pass.
    Some,
    /// These, or none.
    These(Option<&'a JsonObject>),
    /// Those of an earlier call.
    Earlier(&'a MadeBy),
}

impl Operation<'_> {
    /// Whether something runs on arguments of its own, which can then have the last word.
    pub(super) fn is_call(&self) -> bool {
        matches!(
            self,
            Self::Tool(_, Arguments::These(_)) | Self::Prompt(_, Arguments::These(_))
        )
    }
}

impl<'a> Operation<'a> {
    /// What an audit says of it. The opening of the protocol is nothing that anybody is let in to.
    pub(super) fn on_record(self) -> Option<AuditOperation<'a>> {
        let (kind, name) = match self {
            Self::Protocol => return None,
            Self::Setting => (Kind::Method, SET_LEVEL),
            Self::Tool(name, _) => (Kind::Tool, name),
            Self::Prompt(name, _) => (Kind::Prompt, name),
            Self::Resource(name) | Self::Template(name) => (Kind::Resource, name),
            Self::Method(name) => (Kind::Method, name),
        };
        Some(AuditOperation { kind, name })
    }
}

/// For the log: never the arguments.
impl fmt::Debug for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Protocol => return f.write_str("protocol"),
            Self::Setting => ("method", &SET_LEVEL),
            Self::Tool(name, _) => ("tool", name),
            Self::Prompt(name, _) => ("prompt", name),
            Self::Resource(uri) => ("resource", uri),
            Self::Template(text) => ("template", text),
            Self::Method(method) => ("method", method),
        };
        write!(f, "{kind} {name:?}")
    }
}
