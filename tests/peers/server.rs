//! The server under test: one tool to begin with, and one that takes more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mcp_authz::rmcp::model::JsonObject;
use mcp_authz::{AuthInfo, Claims, Issuer, Json, Parameters, Server, ServerBuilder, State, tool};
use support::Ran;

/// How many mails were sent: what nobody consented to must not be in there.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<AtomicUsize>);

impl Outbox {
    pub(crate) fn sent(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// Return the identity claims that the user agreed to share.
#[tool(scopes = ["profile", "email"])]
async fn whoami(ran: State<Ran>, auth: AuthInfo) -> Json<Claims> {
    ran.note();
    Json(auth.consented_claims())
}

/// Send a mail in the user's name.
#[tool(scopes = ["mail:send"])]
async fn send_mail(
    outbox: State<Outbox>,
    ran: State<Ran>,
    Parameters(mail): Parameters<JsonObject>,
    auth: AuthInfo,
) -> String {
    ran.note();
    outbox.0.0.fetch_add(1, SeqCst);
    let to = mail.get("to").and_then(|to| to.as_str());
    format!(
        "{} wrote to {}",
        auth.subject().unwrap_or("nobody"),
        to.unwrap_or("nobody")
    )
}

/// That server, not built yet.
pub(crate) fn builder(
    resource: &str,
    issuer: impl Into<Issuer>,
    outbox: &Outbox,
    ran: &Ran,
) -> ServerBuilder {
    Server::builder("peers")
        .resource(resource)
        .issuer(issuer)
        .initial_scopes(["profile", "email"])
        .state(outbox.clone())
        .state(ran.clone())
}
