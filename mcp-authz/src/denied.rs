//! A refusal that a running tool comes to.

use std::fmt;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};

use crate::audit::reason;
use crate::auth_info::{AuthInfo, OpenCall};
use crate::challenge::Denial;
use crate::gate::ChallengeForm;
use crate::reply::Fault;
use crate::scope::{Requirement, ScopeSet, Terms};

/// The caller may not go on: return it from the tool.
///
/// With the JSON replies that servers send by default, it becomes a 403 challenge like any other (MCP §Runtime
/// Insufficient Scope Errors). Where the response has begun already, as an event stream does, it is a tool error
/// that says what is missing.
///
/// It stays a refusal behind `?`: also in a box, in `anyhow::Error`, and in an error of your own that names it as
/// its `source`.
///
/// ```
/// use mcp_authz::{AuthInfo, Denied, Scope};
///
/// fn may_send(caller: &AuthInfo) -> Result<(), Denied> {
///     caller.require(Scope::new("mail:send"))
/// }
///
/// let caller = AuthInfo::builder("https://as.example.com").subject("alice").build();
/// let denied = may_send(&caller).unwrap_err();
/// assert_eq!(denied.to_string(), "the person has not consented to: mail:send");
/// ```
pub struct Denied {
    missing: ScopeSet,
    form: ChallengeForm,
    call: Option<Arc<OpenCall>>,
}

impl AuthInfo {
    /// Goes on only if the token carries what `requirement` asks: for what a tool learns while it
    /// runs.
    ///
    /// ```
    /// use mcp_authz::{AuthInfo, Denied, Scope, tool};
    ///
    /// /// Read a document; a secret one needs more.
    /// #[tool(scopes = ["docs:read"])]
    /// fn read(auth: AuthInfo) -> Result<String, Denied> {
    ///     let is_secret = true; // what the document's entry says
    ///     if is_secret {
    ///         auth.require(Scope::new("docs:secret"))?;
    ///     }
    ///     Ok("…".into())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Denied`], to be returned from the tool.
    pub fn require(&self, requirement: impl Into<Requirement>) -> Result<(), Denied> {
        let requirement = requirement.into();
        let decided = match self.call() {
            Some(call) => call.answers.terms.require(&requirement, self.scopes()),
            None => Terms::default().require(&requirement, self.scopes()),
        };
        decided.map_err(|missing| Denied {
            missing: self.on_record(missing),
            form: self
                .call()
                .map_or(ChallengeForm::Http, |call| call.answers.form(Some(self))),
            call: self.call().cloned(),
        })
    }

    fn on_record(&self, missing: ScopeSet) -> ScopeSet {
        let denial = Denial::InsufficientScope(missing);
        if let Some(call) = self.call() {
            let running = call.verdict.running();
            let (operation, why) = (
                running.map(|running| running.name),
                reason(&denial, Some(self)),
            );
            tracing::info!(operation, caller = ?self, %why, "refused by the function");
            call.answers.audit.denied(Some(self), running, &denial);
        }
        match denial {
            Denial::InsufficientScope(missing) => missing,
            _ => ScopeSet::new(),
        }
    }
}

impl Denied {
    /// For an error that has it somewhere inside, and cannot give it away.
    pub(crate) fn again(&self) -> Self {
        Self {
            missing: self.missing.clone(),
            form: self.form,
            call: self.call.clone(),
        }
    }
}

impl IntoCallToolResult for Denied {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let told = ContentBlock::text(self.to_string());
        let Some(call) = self.call else {
            return Ok(CallToolResult::error(vec![told]).into());
        };
        let denial = Denial::InsufficientScope(self.missing);
        // What has begun already, and a client that reads nothing else, is told in the result.
        let mut result = call.answers.tool_result(&denial);
        result.content = vec![told];
        if self.form == ChallengeForm::Http {
            call.verdict.deny(denial);
        }
        Ok(result.into())
    }
}

/// For `?` in a handler that was written without the macros: what is returned, and with it the refusal, reaches the
/// client as from an annotated function. The conversion itself refuses the request, so convert no error that the handler
/// then gets over.
///
/// ```
/// use mcp_authz::rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock};
/// use mcp_authz::rmcp::service::RequestContext;
/// use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
/// use mcp_authz::{AuthInfo, Scope};
///
/// struct Office;
///
/// impl ServerHandler for Office {
///     async fn call_tool(
///         &self,
///         request: CallToolRequestParams,
///         context: RequestContext<RoleServer>,
///     ) -> Result<CallToolResponse, ErrorData> {
///         if let Some(auth) = AuthInfo::find(&context) {
///             auth.require(Scope::new("docs:secret"))?; // 403, and what to ask for
///         }
///         Ok(CallToolResult::success(vec![ContentBlock::text("…")]).into())
///     }
/// }
/// ```
impl From<Denied> for ErrorData {
    fn from(denied: Denied) -> Self {
        let told = Self::invalid_request(denied.to_string(), None);
        let Some(call) = denied.call else { return told };
        let denial = Denial::InsufficientScope(denied.missing);
        let in_result = denied.form == ChallengeForm::ToolResult && call.verdict.has_result();
        if in_result || !call.answers.over_http {
            let error = call.answers.error(&denial);
            call.verdict.tell(denial);
            return error;
        }
        // What has begun already is told in the message.
        if !call.verdict.deny(denial.clone()) {
            call.verdict.tell(denial);
        }
        told
    }
}

impl Fault for Denied {
    fn fault(self) -> ErrorData {
        self.into()
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the person has not consented to: {}", self.missing)
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Denied {}
