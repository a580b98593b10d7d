//! What a call leaves behind for the next request: state that the client carries (SEP-2322), and
//! tasks (SEP-2663). Both are their owner's; the next request is decided like any other.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CreateTaskResult, InputRequiredResult, JsonObject, ProtocolVersion,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use super::decide::Decision;
use super::operation::{Arguments, Operation};
use super::policy::Asked;
use super::rule::Rule;
use super::rulebook::Rulebook;
use super::ticket::{Pass, Ticket};
use super::{Gate, failed, refused, still_wanted};
use crate::auth_info::AuthInfo;
use crate::bind::{Foreign, MadeBy, NotTheirs, Purpose, Unsealed};
use crate::challenge::Denial;

/// One request of an exchange that can take several: what its state is bound to.
pub(super) struct Round {
    method: &'static str,
    name: String,
    arguments: Option<JsonObject>,
}

impl Round {
    pub(super) fn new(
        method: &'static str,
        name: impl Into<String>,
        arguments: Option<&JsonObject>,
    ) -> Self {
        Self {
            method,
            name: name.into(),
            arguments: arguments.cloned(),
        }
    }

    fn purpose(&self) -> Purpose<'_> {
        Purpose::Round {
            method: self.method,
            name: &self.name,
            arguments: self.arguments.as_ref(),
        }
    }
}

impl<H: ServerHandler> Gate<H> {
    /// Whether the arguments of a call can matter after it: for state, which rmcp lets no handler leave in
    /// older revisions, or for what they require of whoever asks about its task.
    pub(super) fn may_go_on(
        &self,
        call: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> bool {
        let can_leave_state = context
            .protocol_version()
            .is_none_or(|revision| revision >= ProtocolVersion::V_2026_07_28);
        can_leave_state
            || call.request_state.is_some()
            || self.guarded.rules.asks_by_arguments(&call.name)
    }

    /// Replaces what the client brings by what the handler gave it.
    pub(super) fn open(
        &self,
        pass: &Pass,
        round: &Round,
        state: &mut Option<String>,
    ) -> Result<(), ErrorData> {
        let Some(sealed) = state else { return Ok(()) };
        let opened = self
            .guarded
            .seal
            .open(sealed, pass.caller(), &round.purpose());
        // One text, whatever is wrong with it.
        let opened = opened.map_err(|Foreign| {
            let why = "the requestState is another caller's or call's, or too old";
            self.note_foreign(pass.caller(), NotTheirs(why));
            ErrorData::invalid_params("the requestState is not valid here", None)
        })?;
        *state = Some(opened);
        Ok(())
    }

    /// Seals what the client is to bring again.
    pub(super) fn close(
        &self,
        pass: &Pass,
        round: &Round,
        result: &mut InputRequiredResult,
    ) -> Result<(), ErrorData> {
        let Some(state) = &result.request_state else {
            return Ok(());
        };
        // What is nobody's could be resumed by anybody.
        let caller = pass.caller().ok_or_else(|| {
            ErrorData::invalid_request("several rounds need a verified caller", None)
        })?;
        let sealed = self
            .guarded
            .seal
            .seal(state, Some(caller), &round.purpose());
        result.request_state = Some(sealed.map_err(|Unsealed| failed())?);
        Ok(())
    }

    /// Enters a new task under its owner.
    pub(super) fn keep_task(
        &self,
        pass: &Pass,
        call: &Round,
        created: &CreateTaskResult,
    ) -> Result<(), ErrorData> {
        let owner = pass
            .caller()
            .ok_or_else(|| ErrorData::invalid_request("a task needs a verified caller", None))?;
        let rules = &self.guarded.rules;
        let arguments = call.arguments.as_ref();
        let call = rules.call_made(&call.name, arguments, owner);
        let call = call.map_err(|_| failed())?;
        let tasks = &self.guarded.tasks;
        tasks
            .keep(&created.task.task_id, owner, call)
            .then_some(())
            .ok_or_else(|| ErrorData::internal_error("the task's id is taken", None))
    }

    /// Decides on a request about a task: by its owner alone, and as the call that made it would be
    /// decided now.
    pub(super) async fn pass_to_task(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<Pass, ErrorData> {
        let extensions = &context.extensions;
        let ticket = Ticket::read(extensions).ok_or_else(refused)?;
        let unknown = || ErrorData::invalid_params("task not found", None);
        let call = match self.guarded.tasks.made_by(id, ticket.caller.as_ref()) {
            Ok(call) => call,
            Err(why) => {
                // A foreign task is an unknown one.
                self.enter(extensions, Operation::Protocol).await?;
                self.note_foreign(ticket.caller.as_ref(), why);
                return Err(unknown());
            }
        };
        let operation = Operation::Tool(&call.tool, Arguments::Earlier(&call));
        let asked = &mut Asked::default();
        match self.judge(operation, &ticket.caller, asked).await {
            // So is one of a tool that is concealed by now.
            Decision::Unknown(concealed) => {
                self.enter(extensions, Operation::Protocol).await?;
                ticket.note_unknown(operation, concealed.as_ref());
                Err(unknown())
            }
            decision => {
                ticket.settle(operation, decision)?;
                still_wanted(context).map(|()| Pass(ticket))
            }
        }
    }

    /// Tells the operator why what a request wants to go on with is answered as unknown.
    pub(super) fn note_foreign(&self, caller: Option<&AuthInfo>, NotTheirs(why): NotTheirs) {
        tracing::debug!(?caller, why, "refused");
        self.guarded.answers.audit.foreign(caller, why);
    }
}

impl Rulebook {
    /// Whether the arguments of a tool can decide who may call it.
    fn asks_by_arguments(&self, tool: &str) -> bool {
        let rule = self.fixed(&Operation::Tool(tool, Arguments::Some));
        rule.is_none_or(Rule::asks_by_arguments)
    }

    /// The call of a tool that just ran, for what it leaves behind.
    fn call_made(
        &self,
        tool: &str,
        arguments: Option<&JsonObject>,
        auth: &AuthInfo,
    ) -> Result<MadeBy, Denial> {
        let rule = self.fixed(&Operation::Tool(tool, Arguments::Some));
        let none = JsonObject::new();
        let arguments = arguments.unwrap_or(&none);
        let more = rule.map_or(Ok(None), |rule| rule.required_by(arguments, auth))?;
        let call = MadeBy::new(tool, more);
        match rule.is_some_and(|rule| !rule.policies_for.is_empty()) {
            true => call.with(arguments).ok_or_else(|| {
                tracing::error!(
                    tool,
                    "the arguments are too large to ask a policy about a task again"
                );
                Denial::Failed
            }),
            false => Ok(call),
        }
    }
}
