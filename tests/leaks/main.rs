//! Everything that is logged while tokens are accepted and refused, at the finest level, by every
//! crate: no token, secret, code or proof is in it, whole or in pieces.
//!
//! One test, since what listens to the log listens to the whole process.

mod dpop;
mod exchange;
mod jwt;
mod log;
mod opaque;
mod records;
mod secrets;
mod sessions;
mod sign_in;

use std::time::{SystemTime, UNIX_EPOCH};

use mcp_authz::{AuthInfo, ServerBuilder, State, tool};
use support::{Lab, Ran};

use log::Log;
use secrets::Secrets;

#[tool(scopes = ["mail:read"])]
fn read_mail(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    format!("{}'s mail", auth.subject().unwrap_or("nobody"))
}

/// A server whose author logs as much as can be logged.
async fn lab(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Lab {
    let talkative = |server: ServerBuilder| {
        configure(server.http_client(|client| client.connection_verbose(true)))
    };
    Lab::start(talkative).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_opens_a_door_is_logged() {
    let log = Log::listen();
    let mut secrets = Secrets::default();
    jwt::run(&mut secrets).await;
    opaque::run(&mut secrets).await;
    records::run(&mut secrets).await;
    dpop::run(&mut secrets).await;
    exchange::run(&mut secrets).await;
    sessions::run(&mut secrets).await;
    sign_in::run(&mut secrets).await;
    nowhere().await;

    let lines = log.lines();
    for heard in [
        "mcp_authz::layer::admission: token refused",
        "token not verified",
        "proof refused",
        "token exchange refused",
        "token not exchanged",
        "mcp_authz::gate::ticket: refused",
        r#"refused: not a host of this server (`allowed_hosts`) host="mcp.example.org""#,
        r#"refused: not a page of this server (`allowed_origins`) origin="https://app.example.org""#,
        "credentials refused: more than one",
        "credentials refused: another scheme",
        "challenged: without a token",
        "cannot be reached: http",
        "going on without userinfo",
        "reqwest::connect",
        "hyper_util::client",
        "h2::",
        "rmcp::",
    ] {
        assert!(lines.contains(heard), "the log was not heard: {heard}");
    }
    secrets.check_the_search();
    let found = secrets.search(&lines);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What a proxy that was set up wrongly sends, and a client that says too much.
async fn nowhere() {
    let lab = lab(|server| server).await;
    for (header, value) in [
        ("host", "mcp.example.org"),
        ("origin", "https://app.example.org"),
    ] {
        let answer = lab.post(None).header(header, value).send().await;
        assert_eq!(answer.unwrap().status(), 403, "{header}");
    }
    let twice = lab.post(Some("a")).header("authorization", "Bearer b");
    assert_eq!(twice.send().await.unwrap().status(), 400);
    for other in [None, Some("Basic YWxpY2U6c2VjcmV0")] {
        let mut request = lab.post(None);
        if let Some(other) = other {
            request = request.header("authorization", other);
        }
        assert_eq!(request.send().await.unwrap().status(), 401, "{other:?}");
    }
    assert_eq!(lab.ran.times(), 0);
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs()
}
