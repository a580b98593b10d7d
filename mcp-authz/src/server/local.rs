//! A server without an endpoint: what standard input and output need of a plan.

use std::sync::Arc;

use rmcp::ServerHandler;

use super::authz::Protect;
use super::manifest::Manifest;
use super::plan::Planned;
use super::{ServerBuilder, StdioCaller};
use crate::challenge::Denial;
use crate::error::Error;
use crate::gate::{Answers, Guarded};
use crate::token::Verifiers;

/// The gate and who vouches for its one caller.
pub(super) struct Local<H> {
    pub(super) guarded: Arc<Guarded<H>>,
    pub(super) answers: Arc<Answers>,
    pub(super) verifiers: Verifiers,
    pub(super) manifest: Manifest,
    /// The issuers that could not be reached at start, each in a sentence.
    pub(super) unreachable: Vec<String>,
    /// The longest message, in bytes.
    pub(super) max_bytes: usize,
}

impl<H> Local<H> {
    pub(super) fn unauthenticated(&self) -> Denial {
        self.answers.challenger.unauthenticated()
    }
}

async fn serve<H: ServerHandler>(planned: Planned<H>, caller: StdioCaller) -> Result<(), Error> {
    let (plan, settings, handler, name) = planned;
    let local = plan.assemble_local(&settings, handler, name);
    Arc::new(local).serve(caller).await
}

impl ServerBuilder {
    /// Checks everything and serves standard input and output for one caller, until the input ends;
    /// prints what is guarded to standard error.
    ///
    /// Refusals are told in messages: a tool's as its result, with the challenge in
    /// `_meta["mcp/www_authenticate"]`. The program that started this one gets a better token and
    /// puts it where [`StdioCaller::file`] reads it.
    ///
    /// ```no_run
    /// use mcp_authz::{Error, Server, StdioCaller};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     Server::builder("mail")
    ///         .resource("https://mcp.example.com/mcp")
    ///         .issuer("https://tenant.logto.app/oidc")
    ///         .serve_stdio(StdioCaller::env("MCP_ACCESS_TOKEN"))
    ///         .await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] as for [`build`](Self::build) (without resource and issuer for a named
    /// principal), [`Error::Io`] when there is no valid token at the start.
    pub async fn serve_stdio(mut self, caller: StdioCaller) -> Result<(), Error> {
        self.settings.principal = caller.is_principal();
        serve(self.plan().await?, caller).await
    }
}

impl<H: ServerHandler> Protect<H> {
    /// The same as [`ServerBuilder::serve_stdio`], for this handler.
    ///
    /// # Errors
    ///
    /// As there, and as for [`build`](Self::build).
    pub async fn serve_stdio(mut self, caller: StdioCaller) -> Result<(), Error> {
        self.settings.principal = caller.is_principal();
        serve(self.plan().await?, caller).await
    }
}
