//! The examples as programs: `cargo test` makes tests of some of them. What each says when it is knocked at.

use std::env;
use std::ffi::OsStr;
use std::process;
use std::sync::Once;

use http_client::Client;
use tokio::process::Command;

use crate::server;

/// An example of this name, as `cargo run` would start it.
pub(crate) fn example(name: &str) -> Command {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let test = env::current_exe().expect("this test is a file");
        let folder = test.ancestors().nth(2).expect("that of its profile");
        let profile = match folder.file_name().and_then(OsStr::to_str) {
            Some("debug") | None => "dev",
            Some(other) => other,
        };
        let mut cargo = process::Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--all-features", "--examples"]);
        cargo.args(["--profile", profile, "--target-dir"]);
        cargo.arg(folder.parent().expect("the target folder"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().expect("cargo").success());
    });
    support::example(name)
}

/// The status and the challenge for somebody without a token.
async fn knock(url: &str) -> (u16, String) {
    let client = Client::builder().no_proxy().build().expect("a client");
    let answer = client.post(url).send().await.expect("an answer");
    let challenge = answer.headers().get("www-authenticate");
    let challenge = challenge.and_then(|value| value.to_str().ok());
    let challenge = challenge.unwrap_or_default().to_owned();
    (answer.status().as_u16(), challenge)
}

/// The authorization servers that the metadata names, in their order.
async fn issuers(url: &str) -> [String; 2] {
    let metadata = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
    let client = Client::builder().no_proxy().build().expect("a client");
    let answer = client.get(metadata).send().await.expect("an answer");
    let said: json::Value = answer.json().await.expect("JSON");
    json::from_value(said["authorization_servers"].clone()).expect("two of them")
}

#[tokio::test]
async fn each_server_that_is_started_as_its_header_says_guards_its_tools() {
    for (name, guards, scopes) in [
        (
            "todo",
            &["finish  needs todos:write, policy [destructive]"][..],
            "todos:read todos:write",
        ),
        (
            "mail_assistant",
            &["audit       needs mail:audit, signed in by mfa, concealed [read only]"],
            "mail:send",
        ),
        (
            "several_issuers",
            &[
                "staff sign in at http://127.0.0.1:",
                "/partner",
                "reprice    needs catalogue:write",
            ],
            "catalogue:read",
        ),
        (
            "axum_app",
            &[
                "search  needs shop:read",
                "delete_customer  needs customers:delete",
            ],
            "shop:read",
        ),
    ] {
        let (_server, url) = server(name, guards).await;
        let (status, challenge) = knock(&url).await;
        assert_eq!(status, 401, "{name}");
        let wanted = format!("scope=\"{scopes}\"");
        assert!(challenge.contains(&wanted), "{name}: {challenge}");
        if name == "several_issuers" {
            let [first, second] = issuers(&url).await;
            assert!(!first.ends_with("/partner"), "clients take {first}");
            assert!(second.ends_with("/partner"), "{second}");
        }
        if name == "axum_app" {
            let admin = url.replace("/mcp", "/admin/mcp");
            let (status, challenge) = knock(&admin).await;
            assert_eq!(status, 401, "{admin}");
            assert!(challenge.contains("customers:delete"), "{challenge}");
        }
    }
}
