//! A tool of a toolset joins only servers that name it.

use mcp_authz::{Error, Server, ServerBuilder, prompt, tool};

#[tool(authenticated)]
fn plain() {}

#[tool(authenticated, toolset = "admin")]
fn reset() {}

#[tool(authenticated, toolset = "billing")]
fn refund() {}

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
