//! `examples/logto_register.rs`, run as its header says. `cargo test` builds it; with `--test logto`
//! alone, build the examples first.

use std::path::PathBuf;
use std::process::Stdio;

use http_client::Client;
use json::{Value, json};
use support::{Logto, Reply, free_port};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::place::{Answer, INITIAL};
use crate::tenant;

fn example() -> Command {
    let test = std::env::current_exe().expect("this test is a file");
    let target = test
        .ancestors()
        .nth(2)
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut command = Command::new(target.join("examples/logto_register"));
    command.kill_on_drop(true).stderr(Stdio::piped());
    command
}

/// The example beside this tenant, and its origin.
async fn start(logto: &Logto, more: &[(&str, &str)]) -> (Child, String, String) {
    let port = free_port().expect("a free port");
    let origin = format!("http://127.0.0.1:{port}");
    let mut command = example();
    command
        .env("LOGTO_ENDPOINT", logto.endpoint())
        .env("LOGTO_APP_ID", Logto::APP.0)
        .env("LOGTO_APP_SECRET", Logto::APP.1)
        .env("RESOURCE", format!("{origin}/mcp"))
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .envs(more.iter().copied());
    let mut child = command.spawn().expect("the example is built");
    let mut lines = BufReader::new(child.stderr.take().expect("its output")).lines();
    let mut printed = String::new();
    while let Some(line) = lines.next_line().await.expect("text") {
        printed.push_str(&line);
        printed.push('\n');
        if line.contains("agents register at") {
            break;
        }
    }
    (child, origin, printed)
}

#[tokio::test]
async fn a_partner_a_person_and_a_stranger_register_at_the_example() {
    let (logto, client) = tenant().await;
    // `profile` and `email` are scopes of Logto's own, so that an empty tenant will do.
    let more = [
        ("INITIAL_ACCESS_TOKEN", INITIAL),
        ("DEVELOPER", "zq8f1k4w7n2p"),
        ("OPEN", "1"),
    ];
    let (_child, origin, printed) = start(&logto, &more).await;
    let endpoint = format!("{origin}/agents/register");
    assert!(printed.contains(&endpoint), "{printed}");
    let http = Client::builder().no_proxy().build().expect("a client");
    let document = json!({
        "client_name": "SmartMail AI", "redirect_uris": ["https://smartmail.example.com/callback"],
        "scope": "profile email",
    });
    let made = Answer::of(http.post(&endpoint).bearer_auth(INITIAL).json(&document)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let app = client.application(&made.id()).await.expect("it is there");
    assert_eq!(app.name, "SmartMail AI");
    let more: Value = json!({ "redirect_uris": document["redirect_uris"], "scope": "mail:send" });
    let refused = Answer::of(http.post(&endpoint).bearer_auth(INITIAL).json(&more)).await;
    assert_eq!(refused.refusal(), (400, "invalid_client_metadata"));
    let open = Answer::of(http.post(&endpoint).json(&document)).await;
    assert_eq!(open.status, 201);
    let page = Reply::of(http.get(format!("{origin}/agents"))).await;
    assert!(
        page.body.contains("You have registered none yet."),
        "{}",
        page.body
    );
    // The server beside it is gated as ever, and the issuer's metadata is complete.
    assert_eq!(
        http.post(format!("{origin}/mcp"))
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let metadata = format!("{origin}/.well-known/oauth-authorization-server/oidc");
    let metadata = Answer::of(http.get(metadata)).await;
    assert_eq!(metadata.text("registration_endpoint"), endpoint);
}

#[tokio::test]
async fn what_is_wrong_with_it_is_said_and_nothing_starts() {
    let (logto, _client) = tenant().await;
    for (more, said) in [
        (
            ("INITIAL_ACCESS_TOKEN", "short"),
            "shorter than 32 characters",
        ),
        (("OPEN", "0"), "open registration for no application"),
        (("PORTAL", ""), "first-party clients have no name"),
        (("LOGTO_APP_SECRET", ""), "is the environment variable set?"),
    ] {
        let (mut child, _, printed) = start(&logto, &[more]).await;
        assert!(printed.contains(said), "{said}: {printed}");
        assert!(!child.wait().await.expect("it ends").success());
    }
    assert_eq!(logto.changes(), 0);
}
