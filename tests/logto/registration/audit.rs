//! The audit log: every step with its fields, and no secret.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use http_client::Method;
use json::json;
use log_lines::filter::LevelFilter;
use support::Reply;

use super::place::{INITIAL, PORTAL, Place, policy};
use super::{agent, agent_with};

thread_local! {
    /// What is said on this thread, where one test runs with all of its tasks; if it listens.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// What this test hears.
pub(super) struct Log(());

/// Where every line goes.
struct Lines;

impl Log {
    /// One subscriber for all tests: one for each would miss what another test was the first to say.
    pub(super) fn listen() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            log_lines::fmt()
                .with_max_level(LevelFilter::DEBUG)
                .with_ansi(false)
                .with_writer(|| Lines)
                .init();
        });
        HEARD.replace(Some(Vec::new()));
        Self(())
    }

    pub(super) fn all(&self) -> String {
        HEARD.with_borrow(|heard| {
            let heard = heard.as_deref().unwrap_or_default();
            String::from_utf8_lossy(heard).into_owned()
        })
    }

    /// The latest line of this step in the audit log.
    #[track_caller]
    pub(super) fn line(&self, step: &str) -> String {
        let all = self.all();
        let step = format!("step=\"{step}\"");
        let lines = all
            .lines()
            .filter(|line| line.contains("mcp_authz::registration"));
        let line = lines.rev().find(|line| line.contains(&step));
        line.unwrap_or_else(|| panic!("no {step}: {all}"))
            .to_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(line);
            }
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_step_is_in_the_log_and_no_secret_is() {
    let log = Log::listen();
    let place = Place::with(policy(), |own| {
        own.first_party().initial_access_token("partner", INITIAL)
    })
    .await;
    let alice = place.token("alice", PORTAL);
    let made = place.register(Some(&alice), &agent()).await;
    let id = made.id();
    let line = log.line("registered");
    for part in [
        &id,
        "INFO",
        r#"owner="alice" of "#,
        r#"name="SmartMail AI""#,
        "kind=Traditional",
        r#"redirect_uris=["https://smartmail.example.com/callback"]"#,
        "scopes=profile mail:send",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    // A line break that a stranger sends makes no line of its own.
    let forged = json!({ "scope": "x\n2026 INFO mcp_authz::registration: step=\"registered\"" });
    place.register(Some(INITIAL), &agent_with(forged)).await;
    let line = log.line("registered");
    assert!(
        line.contains(r#"owner="initial access token \"partner\"""#),
        "{line}"
    );
    assert!(
        line.contains(r#"error="invalid_client_metadata""#),
        "{line}"
    );
    let path = format!("/register/{id}");
    place.ask(Method::GET, "/register", Some(&alice)).await;
    assert!(log.line("listed").contains("alice"));
    place.ask(Method::GET, &path, Some(&alice)).await;
    assert!(log.line("read").contains(&id));
    let rotated = place
        .ask(Method::POST, &format!("{path}/secret"), Some(&alice))
        .await;
    assert!(log.line("rotated").contains(&id));
    place.ask(Method::DELETE, &path, Some(&alice)).await;
    assert!(log.line("deleted").contains(&id));
    place
        .ask(Method::DELETE, &path, Some("nobody-s-token"))
        .await;
    assert!(log.line("admitted").contains("status=401"));
    let all = log.all();
    for secret in [
        alice.as_str(),
        INITIAL,
        made.text("client_secret"),
        made.text("registration_access_token"),
        rotated.text("client_secret"),
    ] {
        assert!(!all.contains(secret), "a secret is in the log");
    }
}

#[tokio::test]
async fn what_a_page_refuses_is_in_the_log() {
    let log = Log::listen();
    let place = Place::open().await;
    let status = async |request| Reply::of(request).await.status;
    assert_eq!(status(place.request(Method::GET, "", None)).await, 401);
    assert!(log.line("admitted").contains("status=401"));
    let from_elsewhere = place.request(Method::POST, "", None);
    let from_elsewhere = from_elsewhere.header("origin", "https://evil.example.com");
    assert_eq!(status(from_elsewhere).await, 403);
    assert!(log.line("admitted").contains("status=403"));
    let question = place.request(Method::GET, "/apps/nothing/delete", None);
    assert_eq!(status(question.header("x-signed-in", "alice")).await, 404);
    let line = log.line("read");
    assert!(
        line.contains("alice") && line.contains("not_found"),
        "{line}"
    );
}
