//! A state that nothing takes is said in the log; one that a function takes somewhere else is shared.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use log_lines::util::SubscriberInitExt as _;
use mcp_authz::{Error, Server, ServerBuilder, State, tool};

struct Counter;
struct Safe;
struct Misplaced;

#[tool(authenticated)]
fn count(_: State<Counter>) {}

#[tool(authenticated, toolset = "vault")]
fn unlock(_: State<Safe>) {}

#[tool(authenticated)]
fn plain() {}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Such a server, and what the log says while it is built.
async fn built(
    build: impl FnOnce(ServerBuilder) -> ServerBuilder,
) -> (Result<Server, Error>, String) {
    let log = Log::default();
    let heard = log.clone();
    let _listening = log_lines::fmt()
        .with_ansi(false)
        .with_writer(move || heard.clone())
        .set_default();
    let builder = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = build(builder.issuer("http://127.0.0.1:1")).build().await;
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (server, said)
}

/// What the log says, but for the issuer, who is not there.
async fn said(build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> String {
    let (server, said) = built(build).await;
    assert!(server.is_ok(), "{server:?}");
    assert!(said.contains("127.0.0.1:1"), "nothing was heard: {said}");
    let lines = said.lines().filter(|line| !line.contains("127.0.0.1:1"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_state_that_no_function_takes_is_said_with_what_to_write_instead() {
    let said = said(|server| server.state(Counter).state(Misplaced)).await;
    for part in [
        "WARN",
        "`states::Misplaced`",
        "`State<states::Misplaced>`",
        "`.state(..)`",
        "use my_tools as _;",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains("Counter"), "{said}");
}

#[tokio::test]
async fn a_state_of_a_function_that_this_server_leaves_out_is_shared() {
    let without_the_toolset = said(|server| server.state(Counter).state(Safe)).await;
    assert_eq!(without_the_toolset, "");
    let exactly = |server: ServerBuilder| server.state(Counter).state(Safe).tools([plain::tool()]);
    assert_eq!(said(exactly).await, "");
}

#[tokio::test]
async fn where_one_is_missing_the_other_is_part_of_that_mistake() {
    let (server, said) = built(|server| server.state(Misplaced)).await;
    let told = server.unwrap_err().to_string();
    assert!(
        told.contains("states::Counter") && told.contains("states::Misplaced"),
        "{told}"
    );
    assert!(!said.contains("no function takes"), "{said}");
}
