//! A tool of a toolset joins only servers that name it.

use mcp_authz::{Error, Scope, Server, ServerBuilder, prompt, tool};

#[tool(authenticated)]
fn plain() {}

#[tool(authenticated, toolset = "admin")]
fn reset() {}

#[tool(authenticated, toolset = "billing")]
fn refund() {}

#[tool(scopes = ["sweep"], toolset = "cleaning")]
fn sweep() {}

#[tool(anonymous, toolset = "lobby")]
fn glance() {}

#[prompt(authenticated, toolset = "admin")]
fn audit() -> String {
    "Look for what is odd.".into()
}

fn builder() -> ServerBuilder {
    let builder = Server::builder("x").resource("https://mcp.example.com/mcp");
    builder.issuer("http://127.0.0.1:1")
}

async fn names(builder: ServerBuilder) -> Vec<String> {
    let server = builder.build().await.unwrap();
    let items = server.manifest().items.iter();
    items.map(|item| item.name.clone()).collect()
}

async fn problem(builder: ServerBuilder) -> String {
    match builder.build().await {
        Err(Error::Config(error)) => error.problems().join("\n"),
        other => panic!("it started: {other:?}"),
    }
}

#[tokio::test]
async fn a_toolset_joins_where_it_is_named() {
    assert_eq!(names(builder()).await, ["plain"]);
    assert_eq!(
        names(builder().toolset("admin")).await,
        ["plain", "reset", "audit"]
    );
    let both = builder().toolset("admin").toolset("billing");
    assert_eq!(names(both).await, ["plain", "refund", "reset", "audit"]);
    assert_eq!(
        names(builder().tool(refund::tool())).await,
        ["plain", "refund"]
    );
    assert_eq!(names(builder().tools([reset::tool()])).await, ["reset"]);
}

#[tokio::test]
async fn a_toolset_that_brings_nothing_does_not_start() {
    let told = problem(builder().toolset("amdin")).await;
    for part in ["\"amdin\"", "\"admin\"", "\"billing\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let exactly = builder()
        .tools([plain::tool()])
        .prompts([])
        .toolset("admin");
    let told = problem(exactly).await;
    assert!(told.contains("\"admin\" brings nothing"), "{told}");
}

#[tokio::test]
async fn a_server_can_ask_for_more_than_the_functions_of_a_toolset_do() {
    let asked = |builder: ServerBuilder| async move {
        let server = builder.tool(sweep::tool()).build().await.unwrap();
        let items = server.manifest().items.iter();
        let asked = items.map(|item| format!("{} {}", item.name, item.requires));
        asked.collect::<Vec<_>>().join("\n")
    };
    let plain = asked(builder().toolset("admin")).await;
    assert!(!plain.contains("office"), "{plain}");
    let more = builder()
        .toolset_requiring("admin", Scope::new("office"))
        .toolset_requiring("cleaning", Scope::new("office"));
    for line in asked(more).await.lines() {
        let in_set = !line.starts_with("plain ");
        assert_eq!(line.contains("office"), in_set, "{line}");
        assert_eq!(
            line.contains(" sweep"),
            line.starts_with("sweep "),
            "{line}"
        );
    }
}

#[tokio::test]
async fn nobody_is_anonymous_where_a_toolset_asks_for_scopes() {
    let contradicts = builder()
        .allow_anonymous()
        .tool(glance::tool())
        .toolset_requiring("lobby", Scope::new("office"));
    let told = problem(contradicts).await;
    assert!(
        told.contains("\"glance\"") && told.contains("anonymous"),
        "{told}"
    );
}
