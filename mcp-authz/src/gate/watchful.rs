//! When a subscription is decided where there is no HTTP: before rmcp takes it up. It asks a handler what
//! to accept where nobody can wait for a policy, and has told the client before the handler runs.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::future::Either;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, ProtocolVersion, ServerConfig, ServerResult,
    SubscriptionsListenRequest,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, ServerHandler, Service};

use super::{Barred, Gate, Ticket};

/// A gate that asks the policies about what is to be watched. Behind one that does not, no resource
/// can be.
pub(crate) struct Watchful<H>(pub(crate) Gate<H>);

impl<H: ServerHandler> Watchful<H> {
    async fn listen(
        &self,
        request: SubscriptionsListenRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let Self(gate) = self;
        let ticket = Ticket::read(&context.extensions);
        let admitted = ticket.filter(|_| context.extensions.get::<Barred>().is_none());
        let Some(Ticket { caller, .. }) = admitted else {
            return gate.handle_request(request.into(), context).await;
        };
        let uris = request
            .params
            .notifications
            .resource_subscriptions
            .as_deref();
        let watched = gate.watchable(uris.unwrap_or_default(), &caller).await;
        let gate = Gate::for_listener(Arc::clone(&gate.guarded), caller, watched, None);
        gate.handle_request(request.into(), context).await
    }
}

impl<H: ServerHandler> Service<RoleServer> for Watchful<H> {
    fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ServerResult, ErrorData>> + Send + '_ {
        match request {
            ClientRequest::SubscriptionsListenRequest(request) => {
                Either::Left(Box::pin(self.listen(request, context)))
            }
            other => Either::Right(self.0.handle_request(other, context)),
        }
    }

    fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        self.0.handle_notification(notification, context)
    }

    fn get_info(&self) -> ServerConfig {
        Service::get_info(&self.0)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Service::supported_protocol_versions(&self.0)
    }
}
