//! The examples, run as their headers say.

#[path = "examples/custom_verifier.rs"]
mod custom_verifier;
#[path = "examples/downstream.rs"]
mod downstream;
#[path = "examples/index.rs"]
mod index;
#[path = "examples/programs.rs"]
mod programs;
#[path = "examples/scopes.rs"]
mod scopes;
#[path = "examples/signing_in_again.rs"]
mod signing_in_again;
#[path = "examples/start.rs"]
mod start;

use std::process::Stdio;

use http_client::Url;
use programs::example;
use support::{SmartMail, parameter};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;

/// Two addresses that were free a moment ago.
async fn free_addresses() -> [String; 2] {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let both = [bind().await.unwrap(), bind().await.unwrap()];
    both.map(|listener| listener.local_addr().unwrap().to_string())
}

/// The server of `whoami`, ready to be called, and its URL.
async fn whoami() -> (Child, String) {
    let guards = [
        "whoami     needs profile email",
        "send_mail  needs mail:send",
    ];
    server("whoami", &guards).await
}

/// A server that prints these lines at start, and its URL. Somebody else can take an address between
/// the look and the start, so it tries again.
async fn server(name: &str, guards: &[&str]) -> (Child, String) {
    for _ in 0..10 {
        let [listen, provider] = free_addresses().await;
        let server = format!("http://{listen}/mcp");
        let [partner, _] = free_addresses().await;
        let mut command = example(name);
        command
            .env("PROVIDER_LISTEN", provider)
            .env("PARTNER_LISTEN", partner)
            .env("LISTEN", listen);
        command.env("RESOURCE", &server).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the example is built");
        match started(&mut child, guards).await {
            Ok(()) => return (child, server),
            Err(printed) => assert!(printed.contains("AddrInUse"), "{printed}"),
        }
    }
    panic!("no address is free");
}

/// Waits for the start print; returns what was printed instead.
async fn started(child: &mut Child, guards: &[&str]) -> Result<(), String> {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut printed = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        printed.push_str(&line);
        printed.push('\n');
        if line.contains("listens on") {
            for line in guards {
                assert!(printed.contains(line), "{line}: {printed}");
            }
            return Ok(());
        }
    }
    Err(printed)
}

/// What the agent tells the terminal, without the links.
async fn agent(server: &str, consent: &str) -> String {
    let mut command = example("agent");
    command
        .args(["--user", "alice", "--consent", consent])
        .env("SERVER", server);
    let output = command.output().await.expect("the example is built");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    told.lines()
        .filter(|line| !line.trim().starts_with("http"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn an_agent_is_sent_to_consent_and_then_may_and_asks_again_for_more() {
    let (_server, url) = whoami().await;
    let told = agent(&url, "allow").await;
    let steps = [
        "connects to",
        "<- 401: the person must sign in and agree to share: profile email",
        "<- the person agreed",
        "calls whoami",
        "alice@example.com",
        "calls send_mail",
        "<- 403: the person must sign in and agree to share: mail:send",
        "<- the person agreed",
        "calls send_mail again",
        "<- sent 24 characters from alice to bob@example.com",
    ];
    let mut rest = told.as_str();
    for step in steps {
        let Some((_, after)) = rest.split_once(step) else {
            panic!("{step:?} does not come in its place:\n{told}");
        };
        rest = after;
    }
}

#[tokio::test]
async fn an_agent_that_is_denied_gets_nothing_and_stops() {
    let (_server, url) = whoami().await;
    let told = agent(&url, "deny").await;
    assert!(told.contains("the person said no"), "{told}");
    assert!(!told.contains("calls whoami"), "{told}");
}

/// As at Logto, whose Cancel says nothing; what else a browser asks the agent for is no answer.
#[tokio::test]
async fn a_person_who_comes_back_without_a_word_has_said_no() {
    let (_server, url) = whoami().await;
    let mut agent = SmartMail::start(&url, &[], &[]).unwrap();
    let page = agent.asks().await.unwrap();
    let home: Url = parameter(&page, "redirect_uri").unwrap().parse().unwrap();
    let address = (home.host_str().unwrap(), home.port().unwrap());
    let _spare = TcpStream::connect(address).await.unwrap();
    for address in [home.join("/favicon.ico").unwrap(), home] {
        let answer = http_client::get(address).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let told = agent.end().await.unwrap();
    assert!(told.contains("the person said no"), "{told}");
    assert!(!told.contains("calls whoami"), "{told}");
}

#[tokio::test]
async fn a_server_in_rmcps_own_style_is_guarded_by_rules_beside_it() {
    let guards = [
        "add   needs notes:read notes:write",
        "list  needs notes:read",
    ];
    let (_server, url) = server("existing_server", &guards).await;
    let reply = http_client::Client::new().post(&url).send().await.unwrap();
    assert_eq!(reply.status(), 401);
    let challenge = reply.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"scope="notes:read""#), "{challenge}");
}
