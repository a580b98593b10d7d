//! Every method of the protocol: what it is an operation on, and what runs when that is allowed.

// Subscriptions of older revisions are deprecated; their clients are still served.
#![expect(deprecated)]

use std::borrow::Cow;

use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::decide::{Arguments, Operation};
use super::policy::Asked;
use super::rounds::Round;
use super::{Admitted, Gate, unless_it_panics};

type Context = RequestContext<RoleServer>;

/// rmcp moves the future of every request about at the size of the largest. So what is rare and large
/// is a function of its own, boxed.
impl<H: ServerHandler> Gate<H> {
    async fn initialize_allowed(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        let pass = self.pass(&context, Operation::Protocol).await?;
        pass.run(|| self.guarded.handler.initialize(request, context))
            .await
    }

    async fn read_directory_allowed(
        &self,
        mut request: ReadResourceDirectoryRequestParams,
        context: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        const LIST: &str = "resources/directory/read";
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await;
        let pass = pass.map_err(unknown_parameter)?;
        let cursor = request.cursor.take();
        let handler = &self.guarded.handler;
        self.page(
            &pass,
            (LIST, &request.uri),
            cursor,
            context,
            |cursor, context| {
                let mut request = request.clone();
                request.cursor = cursor;
                handler.read_resource_directory(request, context)
            },
        )
        .await
    }
}

impl<H: ServerHandler> ServerHandler for Gate<H> {
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        Box::pin(self.initialize_allowed(request, context)).await
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        let pass = self.pass(&context, Operation::Protocol).await?;
        let found = pass.run(|| self.guarded.handler.discover(context)).await?;
        Ok(found.with_cache_scope(CacheScope::Private))
    }

    async fn ping(&self, context: Context) -> Result<(), ErrorData> {
        let pass = self.pass(&context, Operation::Protocol).await?;
        pass.run(|| self.guarded.handler.ping(context)).await
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let pass = self.pass(&context, Operation::Setting).await?;
        pass.run(|| self.guarded.handler.set_level(request, context))
            .await
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Box::pin(self.list(request, context, H::list_tools)).await
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: Context,
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

    /// Asked before the gate, to compare `Mcp-Param-*` headers with the arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        if !self.guarded.mirrored.may_be(name) {
            return None;
        }
        let operation = Operation::Tool(name, Arguments::Some);
        self.may_pass(operation, &self.caller.get()?)
            .then(|| unless_it_panics(|| self.guarded.handler.get_tool(name)))?
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Box::pin(self.list(request, context, H::list_prompts)).await
    }

    async fn get_prompt(
        &self,
        mut request: GetPromptRequestParams,
        context: Context,
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

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Box::pin(self.list(request, context, H::list_resources)).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Box::pin(self.list(request, context, H::list_resource_templates)).await
    }

    async fn read_resource(
        &self,
        mut request: ReadResourceRequestParams,
        context: Context,
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

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await?;
        pass.run(|| self.guarded.handler.subscribe(request, context))
            .await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await?;
        pass.run(|| self.guarded.handler.unsubscribe(request, context))
            .await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: Context,
    ) -> Result<CompleteResult, ErrorData> {
        Box::pin(self.complete_allowed(request, context)).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.accepted(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        Box::pin(self.listen_while_allowed(context)).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: Context,
    ) -> Result<GetTaskResult, ErrorData> {
        let pass = self.pass_to_task(&request.task_id, &context).await?;
        pass.run(|| self.guarded.handler.get_task(request, context))
            .await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let pass = self.pass_to_task(&request.task_id, &context).await?;
        pass.run(|| self.guarded.handler.update_task(request, context))
            .await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let pass = self.pass_to_task(&request.task_id, &context).await?;
        pass.run(|| self.guarded.handler.cancel_task(request, context))
            .await
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        Box::pin(self.list(request, context, H::list_skills)).await
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await;
        let pass = pass.map_err(unknown_parameter)?;
        let skill = pass.run(|| self.guarded.handler.get_skill(request, context));
        // What was read with a token is nobody else's.
        let mut found = skill.await?.with_cache_scope(CacheScope::Private);
        let asked = &mut Asked::default();
        self.show_files(&mut found.skill, &pass.0.caller, asked)
            .await;
        Ok(found)
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        Box::pin(self.read_directory_allowed(request, context)).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: Context,
    ) -> Result<CustomResult, ErrorData> {
        let operation = Operation::Method(&request.method);
        let pass = self.pass(&context, operation).await?;
        pass.run(|| self.guarded.handler.on_custom_request(request, context))
            .await
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
        self.notify(Operation::Protocol, &context.extensions.clone(), || {
            self.guarded.handler.on_cancelled(notification, context)
        })
        .await;
    }

    async fn on_progress(
        &self,
        notification: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        self.notify(Operation::Protocol, &context.extensions.clone(), || {
            self.guarded.handler.on_progress(notification, context)
        })
        .await;
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.notify(Operation::Protocol, &context.extensions.clone(), || {
            self.guarded.handler.on_initialized(context)
        })
        .await;
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        self.notify(Operation::Protocol, &context.extensions.clone(), || {
            self.guarded.handler.on_roots_list_changed(context)
        })
        .await;
    }

    async fn on_custom_notification(
        &self,
        notification: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        let method = notification.method.clone();
        self.notify(
            Operation::Method(&method),
            &context.extensions.clone(),
            || {
                self.guarded
                    .handler
                    .on_custom_notification(notification, context)
            },
        )
        .await;
    }
}

/// SEP-2640 knows one code for a URI that there is not, whatever the revision.
fn unknown_parameter(mut error: ErrorData) -> ErrorData {
    if error.code == ErrorCode::RESOURCE_NOT_FOUND {
        error.code = ErrorCode::INVALID_PARAMS;
    }
    error
}
