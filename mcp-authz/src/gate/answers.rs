//! How a refusal reaches a client: as an HTTP answer, or inside a message where a client reads only
//! that, or where there is no HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};

use super::operation::{Arguments, Caller, Operation};
use crate::audit::Audit;
use crate::auth_info::AuthInfo;
use crate::challenge::{Challenger, Denial};
use crate::registry::Access;
use crate::scope::{Scope, Terms};

/// How a tool call is refused, where the person's consent or another sign-in would help.
///
/// It is the form alone: what is refused, and that nothing runs, is the same.
///
/// ```
/// use mcp_authz::{ChallengeForm, Server};
///
/// let builder = Server::builder("mail").challenge_form(ChallengeForm::ToolResult);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeForm {
    /// HTTP 401 or 403 with `WWW-Authenticate` (MCP §Runtime Insufficient Scope Errors).
    #[default]
    Http,
    /// A tool result with `isError` and the challenge in `_meta["mcp/www_authenticate"]`, and
    /// `securitySchemes` beside each listed tool: for clients that read only those. A request
    /// without a token is told so only where [`allow_anonymous`](crate::ServerBuilder::allow_anonymous)
    /// lets it come that far.
    ToolResult,
}

/// The challenge of a tool result.
const CHALLENGE: &str = "mcp/www_authenticate";

/// What a listed tool asks for, for clients that read that.
const SECURITY_SCHEMES: &str = "securitySchemes";

/// How this server answers.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) challenger: Challenger,
    /// What scopes include and what is asked for with them: for a refusal that a function gives.
    pub(crate) terms: Arc<Terms>,
    pub(crate) audit: Audit,
    pub(crate) form: ChallengeForm,
    /// By client id.
    pub(crate) forms: HashMap<String, ChallengeForm>,
    /// Whether a status can say anything.
    pub(crate) over_http: bool,
}

impl Answers {
    /// The form that `caller`'s client reads.
    pub(crate) fn form(&self, caller: Option<&AuthInfo>) -> ChallengeForm {
        if !self.over_http {
            return ChallengeForm::ToolResult;
        }
        let client = caller.and_then(AuthInfo::client_id);
        let own = client.and_then(|client| self.forms.get(client));
        own.copied().unwrap_or(self.form)
    }

    /// Whether a refusal is told to `caller` in the message. Where there is a status, an outage or a
    /// panic is none of the person's business, and only a call of a tool has a result to tell it in.
    pub(super) fn tells(&self, operation: Operation<'_>, denial: &Denial, caller: &Caller) -> bool {
        let curable = matches!(
            denial,
            Denial::Unauthenticated(_)
                | Denial::InsufficientScope(_)
                | Denial::InsufficientAuthentication { .. }
        );
        let has_result = matches!(operation, Operation::Tool(_, Arguments::These(_)));
        let reads_results = self.form(caller.as_ref()) == ChallengeForm::ToolResult;
        !self.over_http || (curable && has_result && reads_results)
    }

    /// The refusal as a tool's result.
    pub(crate) fn tool_result(&self, denial: &Denial) -> CallToolResult {
        let mut result = CallToolResult::error(vec![ContentBlock::text(denial.told())]);
        let challenges = self.challenger.challenges(denial, None);
        if !challenges.is_empty() {
            let meta = result.meta.get_or_insert_with(MetaObject::default);
            meta.0.insert(CHALLENGE.to_owned(), Value::from(challenges));
        }
        result
    }

    /// The refusal as a JSON-RPC error, where there is no status to carry it.
    pub(crate) fn error(&self, denial: &Denial) -> ErrorData {
        let challenges = self.challenger.challenges(denial, None);
        let data = (!challenges.is_empty()).then(|| json!({ CHALLENGE: challenges }));
        ErrorData::invalid_request(denial.told(), data)
    }
}

/// Writes beside a listed tool what it asks for.
pub(super) fn describe(access: &Access, meta: &mut Option<MetaObject>) {
    let scheme = match access {
        Access::Anonymous => json!({ "type": "noauth" }),
        Access::Authenticated => json!({ "type": "oauth2" }),
        Access::Scopes(requirement) => {
            let scopes = requirement.ask(&Default::default());
            let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
            json!({ "type": "oauth2", "scopes": scopes })
        }
    };
    let meta = meta.get_or_insert_with(MetaObject::default);
    meta.0.insert(SECURITY_SCHEMES.to_owned(), json!([scheme]));
}
