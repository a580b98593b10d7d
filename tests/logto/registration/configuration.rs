//! A registration that is written wrong is none: everything is told at once.

use mcp_authz::danger;
use mcp_authz::logto::{ClientRegistration, Error, RegistrationPolicy};

use super::place::INITIAL;
use crate::plan::server;
use crate::tenant;

#[tokio::test]
async fn what_is_written_wrong_is_told_and_nothing_is_sent() {
    let (logto, client) = tenant().await;
    let server = server(&logto).await;
    let before = logto.changes();
    let problems = |registration: mcp_authz::logto::ClientRegistrationBuilder| match registration
        .build(&server, client.clone())
    {
        Err(Error::Config(problems)) => problems.len(),
        other => panic!("{other:?}"),
    };
    let good = "https://mcp.example.com/agents";
    let policy = || RegistrationPolicy::new(["profile"]);
    for url in [
        "",
        "/agents",
        "http://mcp.example.com/agents",
        "https://u:p@mcp.example.com/agents",
        "https://mcp.example.com/agents?x",
        "https://mcp.example.com/agents#x",
        "https://mcp.example.com/{agents}",
        "https://mcp.example.com//agents",
        "https://mcp.example.com/a%20b",
    ] {
        assert_eq!(
            problems(ClientRegistration::builder(url, policy())),
            1,
            "{url}"
        );
    }
    let wrong = ClientRegistration::builder(good, RegistrationPolicy::new(["a b"]).apps_in_all(0))
        .first_party()
        .initial_access_token("partner", "short")
        .initial_access_token("partner", INITIAL)
        .initial_access_token("other", INITIAL)
        .open(danger::open_registration(0));
    let printed = format!("{wrong:?}");
    assert!(
        !printed.contains(INITIAL) && !printed.contains("short"),
        "{printed}"
    );
    // A scope, no place for anybody, no list of clients, a short token, a name and a token twice, no place at all.
    assert_eq!(problems(wrong), 7);
    for url in [
        good,
        "https://mcp.example.com",
        "http://127.0.0.1:3001/agents/",
    ] {
        let right = ClientRegistration::builder(url, policy()).build(&server, client.clone());
        let endpoint = right.expect("it is right").registration_endpoint();
        assert_eq!(endpoint, format!("{}/register", url.trim_end_matches('/')));
    }
    assert_eq!(logto.changes(), before);
}
