//! Rules and handler must speak of the same things, or nothing starts.

use mcp_authz::{Authz, Error, Hierarchy, Rule, Rules, scopes};
use support::Ran;

use crate::office::{self, Office};

async fn problems(rules: Rules) -> Vec<String> {
    problems_of(rules, |authz| authz).await
}

async fn problems_of(rules: Rules, configure: impl FnOnce(Authz) -> Authz) -> Vec<String> {
    let authz = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer("http://127.0.0.1:1");
    match configure(authz)
        .protect(Office::new(Ran::default()), rules)
        .build()
        .await
    {
        Err(Error::Config(error)) => error.problems().to_vec(),
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

#[tokio::test]
async fn the_rules_of_this_handler_start_it() {
    assert_eq!(problems(office::rules()).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_item_without_a_rule_is_told_also_from_later_pages() {
    let problems = problems(Rules::new()).await;
    for name in [
        "tool \"echo\"",
        "tool \"hidden\"",
        "prompt \"secret\"",
        "resource \"note:///public\"",
        "resource \"bucket:///a/listed\"",
        "resource \"bucket:///{bucket}/{+path}\"",
        "resource \"skill://math/SKILL.md\"",
    ] {
        let told = problems
            .iter()
            .any(|problem| problem.contains(name) && problem.contains("no rule"));
        assert!(told, "{name}: {problems:#?}");
    }
    assert_eq!(problems.len(), 11, "{problems:#?}");
}

#[tokio::test]
async fn every_rule_that_names_nothing_or_cannot_hold_is_told() {
    let bad = office::rules()
        .tool("ecko", scopes!["tools"])
        .tool("echo", scopes!["other"])
        .prompt("echo", scopes!["tools"])
        .resource("note:///nowhere", scopes!["notes"])
        .resource("other:///{id}", scopes!["notes"])
        .unlisted_resource("odd:///{a}{b}", scopes!["notes"])
        .unlisted_resource("odd:///{a}", scopes!["notes:{b}"])
        .unlisted_resource("odd:///plain", scopes!["notes:{a}"])
        .method("tools/call", scopes!["tools"])
        .method("logging/setLevel", scopes!["tools"])
        .method("acme/x", Rule::from(scopes!["x:{y}"]).acr_values(["a b"]))
        .method("acme/y", Rule::anonymous().policy(|_| async { Ok(()) }))
        .method(
            "acme/z",
            Rule::authenticated().max_age(std::time::Duration::ZERO),
        );
    let problems = problems(bad).await;
    for parts in [
        ["tool \"ecko\"", "does not offer it"],
        ["tool \"echo\"", "two rules"],
        ["prompt \"echo\"", "does not offer it"],
        ["resource \"note:///nowhere\"", "unlisted_resource"],
        ["resource \"other:///{id}\"", "does not offer it"],
        ["resource \"odd:///{a}{b}\"", "ends"],
        ["resource \"odd:///{a}\"", "{b}"],
        ["resource \"odd:///plain\"", "{a}"],
        ["method \"tools/call\"", "MCP's own"],
        // It keeps no level.
        ["method \"logging/setLevel\"", "does not offer it"],
        ["method \"acme/x\"", "{y}"],
        ["method \"acme/x\"", "acr_values"],
        ["method \"acme/y\"", "allow_anonymous"],
        ["method \"acme/y\"", "nobody"],
        ["method \"acme/z\"", "max_age"],
    ] {
        let told = problems
            .iter()
            .any(|problem| parts.iter().all(|part| problem.contains(part)));
        assert!(told, "{parts:?}: {problems:#?}");
    }
    assert_eq!(problems.len(), 15, "{problems:#?}");
}

/// What reads like a condition and would be none.
#[tokio::test]
async fn a_rule_that_asks_for_nothing_is_told() {
    let problems = problems_of(
        office::rules()
            .method("acme/a", Rule::authenticated().acr_values([""; 0]))
            .method("acme/b", Rule::anonymous().conceal()),
        |authz| {
            authz
                .allow_anonymous()
                .hierarchy(Hierarchy::new().includes("admin", ["files:{bucket}:read"]))
                .initial_scopes(["files:{bucket}:read"])
        },
    )
    .await;
    for parts in [
        ["method \"acme/a\"", "acr_values"],
        ["method \"acme/b\"", "conceal"],
        ["hierarchy", "files:{bucket}:read"],
        ["initial", "files:{bucket}:read"],
    ] {
        let told = problems
            .iter()
            .any(|problem| parts.iter().all(|part| problem.contains(part)));
        assert!(told, "{parts:?}: {problems:#?}");
    }
    assert_eq!(problems.len(), 4, "{problems:#?}");
}

/// The gate would answer for what is concealed, and the handler for what is not there.
#[tokio::test]
async fn what_is_concealed_is_under_no_other_template() {
    let secret = || Rule::from(scopes!["admin"]).conceal();
    let shelf = || office::rules().unlisted_resource("shelf:///{book}", scopes!["notes"]);
    for (rules, named) in [
        (
            shelf().unlisted_resource("shelf:///secret", secret()),
            "shelf:///secret",
        ),
        (
            office::rules()
                .unlisted_resource("shelf:///{+book}", scopes!["notes"])
                .unlisted_resource("shelf:///secret/{book}", secret()),
            "shelf:///secret/{book}",
        ),
    ] {
        let problems = problems(rules).await;
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(
            problems[0].contains(&format!("{named:?} (")) && problems[0].contains(") is concealed"),
            "{problems:#?}"
        );
    }
    for fine in [
        shelf().unlisted_resource("shelf:///row/secret", secret()),
        office::rules().unlisted_resource("shelf:///{book}", secret()),
    ] {
        assert_eq!(problems(fine).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_guarded_can_be_read() {
    let authz = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer("http://127.0.0.1:1");
    let server = authz
        .protect(Office::new(Ran::default()), office::rules())
        .build()
        .await
        .unwrap();
    let text = server.to_string();
    assert!(
        text.contains("office guards https://mcp.example.com/mcp"),
        "{text}"
    );
    let table = server.manifest().to_markdown();
    assert!(
        table.contains("| tool `hidden` | admin, concealed |  | rules, tests/protect/office.rs |"),
        "{table}"
    );
    assert!(
        table.contains("| resource `bucket:///{bucket}/{+path}` | files:{bucket}:read |"),
        "{table}"
    );
}
