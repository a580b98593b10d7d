//! `agent` at a server that wants another sign-in (RFC 9470).

use std::future::pending;

use mcp_authz::dev::AuthorizationServer;
use mcp_authz::{Server, State, tool};
use support::Ran;
use tokio::net::TcpListener;

use crate::agent;

/// Say who calls, to whoever has signed in with more than a password.
#[tool(scopes = ["profile"], acr_values = ["phr"])]
fn whoami(ran: State<Ran>) -> String {
    ran.note();
    "somebody".to_owned()
}

#[tokio::test]
async fn an_agent_says_that_its_person_must_sign_in_again_and_not_that_access_was_taken_back() {
    let provider = AuthorizationServer::builder().start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let ran = Ran::default();
    let server = Server::builder("strict").tools([whoami::tool()]);
    let server = server.state(ran.clone()).resource(&url);
    let server = server.issuer(provider.issuer()).build().await.unwrap();
    tokio::spawn(server.serve_until(listener, pending()));
    let told = agent(&url, "allow").await;
    let stopped = "<- 401: the person must sign in again, or otherwise (RFC 9470)";
    assert!(told.contains(stopped), "{told}");
    assert!(!told.contains("taken back"), "{told}");
    assert_eq!(ran.times(), 0);
}
