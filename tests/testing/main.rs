//! The feature `testing`, as the tests of somebody's server use it.

mod asked;
mod assertions;
mod barred;
mod dpop;
mod exchange;
mod hygiene;
mod matrix;
mod notes;
mod parts;
mod people;
mod records;
mod signed;
mod snapshots;
mod stdio;
mod time;
mod told;
mod tokens;

use mcp_authz::testing::TestServer;
use mcp_authz::{
    AuthInfo, Denied, Parameters, Scope, Server, ServerBuilder, State, ToolEntry, prompt, resource,
    schemars, serde, tool,
};
use support::Ran;

#[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Mail {
    to: String,
}

/// Count the mails.
#[tool(scopes = ["mail:read"])]
fn count(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    format!("{} has 3 mails", auth.subject().unwrap_or("somebody"))
}

/// Send a mail.
#[tool(scopes = ["mail:read", "mail:send"])]
fn send(ran: State<Ran>, mail: Parameters<Mail>) -> String {
    ran.note();
    format!("sent to {}", mail.0.to)
}

/// Asks for more while it runs, which no list can know.
#[tool(scopes = ["mail:read"])]
fn sly(auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    ran.note();
    auth.require(Scope::new("mail:secret"))?;
    Ok("secret".to_owned())
}

/// Sum the mails up.
#[prompt(scopes = ["mail:read"])]
fn summary(ran: State<Ran>) -> String {
    ran.note();
    "Sum them up.".to_owned()
}

/// One folder.
#[resource(uri = "mail://folders/{folder}", scopes = ["mail:{folder}:read"])]
fn folder(ran: State<Ran>, folder: String) -> String {
    ran.note();
    format!("what is in {folder}")
}

/// What a program would serve.
fn mail(ran: &Ran) -> ServerBuilder {
    Server::builder("mail")
        .tools([count::tool(), send::tool()])
        .prompts([summary::prompt()])
        .mcp_resources([folder::resource()])
        .state(ran.clone())
}

/// It, started.
async fn started(ran: &Ran) -> TestServer {
    TestServer::start(mail(ran)).await.expect("it is built")
}

/// A server of one tool.
fn only(tool: ToolEntry) -> ServerBuilder {
    let server = Server::builder("x").tools([tool]);
    server.prompts([]).mcp_resources([])
}
