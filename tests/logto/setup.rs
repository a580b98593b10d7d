//! `examples/logto_setup.rs`, run as its header says. `cargo test` builds it; with `--test logto`
//! alone, build the examples first.

use std::path::PathBuf;

use support::Logto;
use tokio::process::Command;

use crate::{agent, tenant};

/// Runs the example; its output, and whether it succeeded.
async fn setup(logto: &Logto, flag: &str, more: &[(&str, &str)]) -> (String, bool) {
    let test = std::env::current_exe().expect("this test is a file");
    let target = test
        .ancestors()
        .nth(2)
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut command = Command::new(target.join("examples/logto_setup"));
    command
        .arg(flag)
        .kill_on_drop(true)
        .env("LOGTO_ENDPOINT", logto.endpoint())
        .env("LOGTO_APP_ID", Logto::APP.0)
        .env("LOGTO_APP_SECRET", Logto::APP.1)
        .env("RESOURCE", "http://127.0.0.1:3001/mcp")
        .envs(more.iter().copied());
    let output = command.output().await.expect("the example is built");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    assert!(!printed.contains(Logto::APP.1), "{printed}");
    (printed, output.status.success())
}

#[tokio::test]
async fn a_tenant_is_set_up_by_one_command_and_another_look_finds_nothing_missing() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let before = logto.changes();
    let agents = [
        ("LOGTO_AGENTS", app.as_str()),
        ("LOGTO_DEFAULT_ROLE", "yes"),
    ];
    let (planned, ok) = setup(&logto, "--plan", &agents).await;
    assert!(ok, "{planned}");
    let steps = [
        "+ API resource http://127.0.0.1:3001/mcp\n",
        "+   scope email \"See your e-mail address\"\n",
        "+   scope mail:send \"Send a mail in the person's name.\"\n",
        "+   scope profile ",
        "+ role \"whoami user\" with email mail:send profile\n",
        "+   for everybody who signs up from now on\n",
        "+ token customizer: ",
        "  third-party app \"SmartMail\" ",
        "+   may ask for email mail:send profile\n",
        "+   may ask for the user scopes email profile\n",
    ];
    let mut rest = planned.as_str();
    for step in steps {
        let Some((_, after)) = rest.split_once(step) else {
            panic!("{step:?} does not come in its place:\n{planned}");
        };
        rest = after;
    }
    assert_eq!(logto.changes(), before, "a plan changes nothing");

    let (applied, ok) = setup(&logto, "--apply", &agents).await;
    assert!(ok, "{applied}");
    assert_eq!(applied, format!("{planned}made\n"));
    let resources = client.resources().await.unwrap();
    assert!(
        resources
            .iter()
            .any(|one| one.indicator == "http://127.0.0.1:3001/mcp")
    );

    let changes = logto.changes();
    for flag in ["--plan", "--apply"] {
        let (again, ok) = setup(&logto, flag, &agents).await;
        assert!(ok && again.ends_with("nothing is missing\n"), "{again}");
    }
    assert_eq!(logto.changes(), changes);
}

#[tokio::test]
async fn a_role_and_an_agent_can_be_given_less() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let less = [
        ("LOGTO_ROLE", "readers"),
        ("LOGTO_ROLE_SCOPES", "profile,email"),
        ("LOGTO_AGENTS", app.as_str()),
        ("LOGTO_AGENT_SCOPES", "email"),
    ];
    let (applied, ok) = setup(&logto, "--apply", &less).await;
    assert!(ok, "{applied}");
    for step in [
        "+ role \"readers\" with email profile\n",
        "+   may ask for email\n",
        "+   may ask for the user scopes email\n",
    ] {
        assert!(applied.contains(step), "{step:?} is not in {applied}");
    }
    let allowed = client.consent_scopes(&app).await.unwrap();
    assert_eq!(allowed.user_scopes, ["email"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_changed() {
    let (logto, _client) = tenant().await;
    for (flag, more, said) in [
        ("", vec![], "write --plan to see"),
        (
            "--apply",
            vec![("LOGTO_APP_SECRET", "wrong")],
            "invalid_client",
        ),
        (
            "--apply",
            vec![("LOGTO_APP_SECRET", "")],
            "is the environment variable set?",
        ),
        (
            "--apply",
            vec![("LOGTO_AGENTS", "nobody")],
            "no application with the id",
        ),
        (
            "--apply",
            vec![("LOGTO_ENDPOINT", "http://login.example.com")],
            "it is not https",
        ),
    ] {
        let (printed, ok) = setup(&logto, flag, &more).await;
        assert!(
            !ok && printed.contains(said),
            "{said:?} is not in {printed}"
        );
    }
    assert_eq!(logto.changes(), 0);
}
