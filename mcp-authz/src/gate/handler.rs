//! Every method of the protocol: what it is an operation on, and what runs when that is allowed.

// Subscriptions of older revisions are deprecated; their clients are still served.
#![expect(deprecated)]

use std::borrow::Cow;

use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::operation::{Arguments, Operation};
use super::{Gate, unless_it_panics};

type Context = RequestContext<RoleServer>;

/// rmcp moves the future of every request about at the size of the largest. So what is rare and large
/// is boxed; what is not is given on as it is, without a second future around it.
impl<H: ServerHandler> ServerHandler for Gate<H> {
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        Box::pin(async {
            let pass = self.pass(&context, Operation::Protocol).await?;
            pass.run(|| self.guarded.handler.initialize(request, context))
                .await
        })
        .await
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

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send + '_ {
        self.call_tool_allowed(request, context)
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

    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send + '_ {
        self.get_prompt_allowed(request, context)
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

    fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> impl Future<Output = Result<ReadResourceResponse, ErrorData>> + Send + '_ {
        self.read_resource_allowed(request, context)
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
        Box::pin(self.get_skill_allowed(request, context)).await
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
        self.notify(context, Operation::Protocol, |context| {
            self.guarded.handler.on_cancelled(notification, context)
        })
        .await;
    }

    async fn on_progress(
        &self,
        notification: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        self.notify(context, Operation::Protocol, |context| {
            self.guarded.handler.on_progress(notification, context)
        })
        .await;
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.notify(context, Operation::Protocol, |context| {
            self.guarded.handler.on_initialized(context)
        })
        .await;
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        self.notify(context, Operation::Protocol, |context| {
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
        self.notify(context, Operation::Method(&method), |context| {
            let handler = &self.guarded.handler;
            handler.on_custom_notification(notification, context)
        })
        .await;
    }
}
