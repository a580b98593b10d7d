//! Callers of other routes of the same program: who they are is judged here, so that no route becomes
//! a second verifier with checks of its own.

use futures_util::future::BoxFuture;
use http::Response;
use rmcp::ServerHandler;

use super::Endpoint;
use super::admission::Refusal;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::challenge::ResponseBody;

/// A server's judgement, without the server's own routes.
pub(crate) trait Callers: Send + Sync + 'static {
    /// The caller who presents this token, or the answer that the server itself would give.
    ///
    /// A token that is bound to a key is no bearer token, and a proof is made for the protected
    /// resource alone (RFC 9449 §4.2, `htu`): where DPoP is required, nobody is known elsewhere.
    fn identify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> BoxFuture<'a, Result<AuthInfo, Response<ResponseBody>>>;

    /// The server's own answer to a request without credentials.
    fn challenge(&self) -> Response<ResponseBody>;
}

impl<H: ServerHandler> Callers for Endpoint<H> {
    fn identify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> BoxFuture<'a, Result<AuthInfo, Response<ResponseBody>>> {
        let admission = &self.0.admission;
        Box::pin(async move {
            let refused = |refusal: Refusal| refusal.respond(admission);
            let admitted = admission.by_bearer(token).await.map_err(refused)?;
            // A token that was admitted has a caller; without one, nobody called.
            admitted.caller.ok_or_else(|| self.challenge())
        })
    }

    fn challenge(&self) -> Response<ResponseBody> {
        let admission = &self.0.admission;
        let denial = admission.challenger.unauthenticated();
        admission.refuse(&denial, None)
    }
}
