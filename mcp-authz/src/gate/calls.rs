//! What is run by what it names: calls of tools, prompts and reads, each of which can take several
//! requests, and notifications.

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, ErrorData, GetPromptRequestParams,
    GetPromptResponse, ReadResourceRequestParams, ReadResourceResponse,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, ServerHandler};

use super::operation::{Arguments, Operation};
use super::rounds::Round;
use super::{Admitted, Gate};

impl<H: ServerHandler> Gate<H> {
    pub(super) async fn call_tool_allowed(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.as_ref();
        let operation = Operation::Tool(&request.name, Arguments::These(arguments));
        let pass = match self.pass(&context, operation).await {
            Ok(pass) => pass,
            Err(refused) => {
                let admitted = Admitted::find(&context.extensions);
                return admitted.and_then(Admitted::told).ok_or(refused);
            }
        };
        let kept = arguments.filter(|_| self.may_go_on(&request, &context));
        let round = Round::new("tools/call", &*request.name, kept);
        self.open(&pass, &round, &mut request.request_state)?;
        pass.expect_result();
        let response = pass.run(|| self.guarded.handler.call_tool(request, context));
        let response = response.await;
        let mut response = response.or_else(|refused| pass.told().ok_or(refused))?;
        match &mut response {
            CallToolResponse::InputRequired(result) => self.close(&pass, &round, result)?,
            CallToolResponse::Task(created) => self.keep_task(&pass, &round, created)?,
            _ => {}
        }
        Ok(response)
    }

    pub(super) async fn get_prompt_allowed(
        &self,
        mut request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.as_ref();
        let operation = Operation::Prompt(&request.name, Arguments::These(arguments));
        let pass = self.pass(&context, operation).await?;
        let round = Round::new("prompts/get", &*request.name, arguments);
        self.open(&pass, &round, &mut request.request_state)?;
        let response = pass.run(|| self.guarded.handler.get_prompt(request, context));
        let mut response = response.await?;
        if let GetPromptResponse::InputRequired(result) = &mut response {
            self.close(&pass, &round, result)?;
        }
        Ok(response)
    }

    pub(super) async fn read_resource_allowed(
        &self,
        mut request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await?;
        let round = Round::new("resources/read", &*request.uri, None);
        self.open(&pass, &round, &mut request.request_state)?;
        let response = pass.run(|| self.guarded.handler.read_resource(request, context));
        let mut response = response.await?;
        match &mut response {
            ReadResourceResponse::InputRequired(result) => self.close(&pass, &round, result)?,
            // What was read with a token is nobody else's.
            ReadResourceResponse::Complete(result) => {
                result.cache_scope = Some(CacheScope::Private);
            }
            _ => {}
        }
        Ok(response)
    }

    /// Runs what a notification is for. It has no answer: one that is not allowed is dropped.
    pub(super) async fn notify<F>(
        &self,
        context: NotificationContext<RoleServer>,
        operation: Operation<'_>,
        run: impl FnOnce(NotificationContext<RoleServer>) -> F,
    ) where
        F: Future<Output = ()>,
    {
        let Ok(pass) = self.enter(&context.extensions, operation).await else {
            return;
        };
        let _: Result<(), ErrorData> = pass
            .run(|| async move {
                run(context).await;
                Ok(())
            })
            .await;
    }
}
