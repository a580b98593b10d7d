//! The gate: a `ServerHandler` around the real one, where every rmcp method is decided.
//!
//! It decides on the value that rmcp itself parsed and is about to run, so there is no second
//! reading of the body that could disagree with the first.

mod decide;
#[cfg(test)]
mod property;

use std::borrow::Cow;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelledNotificationParam,
    CustomNotification, DiscoverResult, Extensions, InitializeRequestParams, InitializeResult,
    ListToolsResult, MetaObject, PaginatedRequestParams, ProgressNotificationParam,
    ProtocolVersion, ServerConfig, Tool,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::transport::streamable_http_server::session::SessionRestoreMarker;
use rmcp::{ErrorData, RoleServer, ServerHandler};

pub use decide::Visibility;
pub(crate) use decide::{Caller, Decision, Operation, Rules};

use crate::auth_info::OpenCall;
use crate::bind::InFlight;
use crate::challenge::Denial;
use crate::registry::Access;
use crate::scope::Terms;
use crate::verdict::VerdictSender;

/// The key under which a listed item says what it requires.
const REQUIRED_SCOPES: &str = "mcp-authz/required-scopes";

/// What the layer lets travel with a request: who calls, and where to put the verdict. Private, so
/// that nothing outside the crate can put one into a request.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) verdict: VerdictSender,
    pub(crate) terms: Arc<Terms>,
}

impl Admitted {
    /// What the layer put into the HTTP request that a message came with.
    pub(crate) fn find(extensions: &Extensions) -> Option<&Self> {
        extensions.get::<http::request::Parts>()?.extensions.get()
    }

    /// The caller as a handler gets to see it.
    pub(crate) fn in_call(self) -> Caller {
        let call = OpenCall {
            verdict: self.verdict,
            terms: self.terms,
        };
        self.caller.map(|caller| caller.in_call(call))
    }
}

/// One message before the gate: who sent it, and where the verdict goes.
struct Ticket {
    caller: Caller,
    /// `None` for a replay: restoring a session sends `initialize` again with the parts of the
    /// current request, whose verdict is not the replay's to write.
    verdict: Option<VerdictSender>,
    /// Keeps the id of a call in a session taken for as long as it runs.
    _in_flight: Option<InFlight>,
}

impl Ticket {
    fn read(extensions: &Extensions) -> Option<Self> {
        let Admitted {
            caller, verdict, ..
        } = Admitted::find(extensions)?.clone();
        let replay = extensions.get::<SessionRestoreMarker>().is_some();
        Some(Self {
            caller,
            verdict: (!replay).then_some(verdict),
            _in_flight: extensions.get().cloned(),
        })
    }

    /// Records that the operation may run; `false` when the request was refused already.
    fn allow(&self) -> bool {
        self.verdict.as_ref().is_none_or(VerdictSender::allow)
    }

    fn deny(&self, denial: Denial) {
        if let Some(verdict) = &self.verdict {
            verdict.deny(denial);
        }
    }
}

/// The rules of one server and the handler behind them.
#[derive(Debug)]
pub(crate) struct Guarded<H> {
    pub(crate) rules: Rules,
    pub(crate) handler: H,
}

/// Decides every request to a handler, on behalf of one caller.
///
/// A method that is not overridden here keeps rmcp's default, which refuses it: a method that rmcp
/// adds tomorrow does not pass.
pub(crate) struct Gate<H> {
    guarded: Arc<Guarded<H>>,
    /// For the methods that rmcp asks without a context; a gate that many callers share has none
    /// and answers nothing there.
    caller: Option<Caller>,
}

impl<H: ServerHandler> Gate<H> {
    pub(crate) fn for_caller(guarded: Arc<Guarded<H>>, caller: Caller) -> Self {
        Self {
            guarded,
            caller: Some(caller),
        }
    }

    pub(crate) fn shared(guarded: Arc<Guarded<H>>) -> Self {
        Self {
            guarded,
            caller: None,
        }
    }

    /// Decides, records the verdict, and only then runs `run`.
    async fn guard<'a, T, F>(
        &'a self,
        operation: Operation<'_>,
        ticket: Option<Ticket>,
        run: impl FnOnce(&'a H) -> F,
    ) -> Result<T, ErrorData>
    where
        F: Future<Output = Result<T, ErrorData>>,
    {
        // No ticket: the request did not come through the layer.
        let ticket = ticket.ok_or_else(refused)?;
        match self.decide(operation, &ticket.caller) {
            Decision::Deny(denial) => {
                tracing::debug!(?operation, caller = ?ticket.caller, ?denial, "refused");
                ticket.deny(denial);
                Err(refused())
            }
            _ if !ticket.allow() => Err(refused()),
            Decision::Unknown => Err(unknown_tool()),
            Decision::Allow => run_caught(|| run(&self.guarded.handler), &ticket).await,
        }
    }

    /// A decision that panics refuses: it never lets anything run.
    fn decide(&self, operation: Operation<'_>, caller: &Caller) -> Decision {
        catch_unwind(AssertUnwindSafe(|| {
            self.guarded.rules.decide(operation, caller)
        }))
        .unwrap_or(Decision::Deny(Denial::Failed))
    }

    /// Notifications have no answer: one that is not allowed is dropped.
    async fn notify<'a, F>(&'a self, ticket: Option<Ticket>, run: impl FnOnce(&'a H) -> F)
    where
        F: Future<Output = ()>,
    {
        let _: Result<(), _> = self
            .guard(Operation::Protocol, ticket, |handler| run(handler).map(Ok))
            .await;
    }
}

/// Runs what was allowed; a panic becomes an answer (rmcp would leave the client without any).
async fn run_caught<T, F>(run: impl FnOnce() -> F, ticket: &Ticket) -> Result<T, ErrorData>
where
    F: Future<Output = Result<T, ErrorData>>,
{
    let run = AssertUnwindSafe(async move { run().await });
    run.catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a handler panicked");
        ticket.deny(Denial::Failed);
        Err(ErrorData::internal_error("the server failed", None))
    })
}

/// What rmcp gets for a refused request. The layer replaces it with the HTTP answer.
fn refused() -> ErrorData {
    ErrorData::invalid_request("refused", None)
}

/// rmcp's own answer to a name that it does not know.
fn unknown_tool() -> ErrorData {
    ErrorData::invalid_params("tool not found", None)
}

impl<H: ServerHandler> ServerHandler for Gate<H> {
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let ticket = Ticket::read(&context.extensions);
        self.guard(Operation::Protocol, ticket, |handler| {
            handler.initialize(request, context)
        })
        .await
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let ticket = Ticket::read(&context.extensions);
        self.guard(Operation::Protocol, ticket, |handler| {
            handler.discover(context)
        })
        .await
        .map(|result| result.with_cache_scope(CacheScope::Private))
    }

    async fn ping(&self, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        let ticket = Ticket::read(&context.extensions);
        self.guard(Operation::Protocol, ticket, |handler| handler.ping(context))
            .await
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let ticket = Ticket::read(&context.extensions);
        let caller = ticket.as_ref().and_then(|ticket| ticket.caller.clone());
        let mut page = self
            .guard(Operation::ListTools, ticket, |handler| {
                handler.list_tools(request, context)
            })
            .await?
            // A list behind a token is nobody else's, whatever the handler said.
            .with_cache_scope(CacheScope::Private);
        page.tools
            .retain(|tool| self.guarded.rules.shows(&tool.name, &caller));
        page.tools.iter_mut().for_each(|tool| self.describe(tool));
        Ok(page)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let ticket = Ticket::read(&context.extensions);
        let name = request.name.clone();
        self.guard(Operation::CallTool(&name), ticket, |handler| {
            handler.call_tool(request, context)
        })
        .await
    }

    /// Asked before the gate, to compare `Mcp-Param-*` headers with the arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        let caller = self.caller.as_ref()?;
        match self.guarded.rules.decide(Operation::CallTool(name), caller) {
            Decision::Allow => self.guarded.handler.get_tool(name),
            Decision::Deny(_) | Decision::Unknown => None,
        }
    }

    fn get_info(&self) -> ServerConfig {
        self.guarded.handler.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.guarded.handler.supported_protocol_versions()
    }

    async fn on_cancelled(
        &self,
        notification: CancelledNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        let ticket = Ticket::read(&context.extensions);
        self.notify(ticket, |handler| {
            handler.on_cancelled(notification, context)
        })
        .await;
    }

    async fn on_progress(
        &self,
        notification: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        let ticket = Ticket::read(&context.extensions);
        self.notify(ticket, |handler| handler.on_progress(notification, context))
            .await;
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let ticket = Ticket::read(&context.extensions);
        self.notify(ticket, |handler| handler.on_initialized(context))
            .await;
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        let ticket = Ticket::read(&context.extensions);
        self.notify(ticket, |handler| handler.on_roots_list_changed(context))
            .await;
    }

    /// No rule can name one yet, so none passes.
    async fn on_custom_notification(
        &self,
        _notification: CustomNotification,
        _context: NotificationContext<RoleServer>,
    ) {
    }
}

impl<H> Gate<H> {
    /// Writes the requirement of a listed tool beside it, so that an agent can ask for more.
    fn describe(&self, tool: &mut Tool) {
        if let Some(Access::Scopes(requirement)) = self.guarded.rules.tools.get(tool.name.as_ref())
        {
            let meta = tool.meta.get_or_insert_with(MetaObject::default);
            meta.0
                .insert(REQUIRED_SCOPES.to_owned(), requirement.to_json());
        }
    }
}
