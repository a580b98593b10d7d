//! What no client could reach does not start; what starts is in the manifest.

use mcp_authz::rmcp::ServerHandler;
use mcp_authz::schemars::JsonSchema;
use mcp_authz::serde::Deserialize;
use mcp_authz::{
    Authz, Error, Parameters, Rule, Rules, Scope, Server, ServerBuilder, State, prompt, resource,
};

use crate::client::bare;

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Numbers {
    #[allow(dead_code, reason = "its type is what is wrong")]
    count: u32,
}

#[prompt(authenticated)]
fn numbers(_: Parameters<Numbers>, _: State<u8>) -> String {
    String::new()
}

#[resource(uri = "x:{a}-{b}", authenticated)]
fn apart(a: String, b: String, _: State<u8>) -> String {
    a + &b
}

#[resource(uri = "x:y", scopes = ["notes"])]
fn one() -> String {
    String::new()
}

const BRACES: Scope = Scope::new("files:{bucket}");

#[resource(uri = "z:{a}", scopes = [BRACES])]
fn constant(a: String) -> String {
    a
}

mod twin {
    #[mcp_authz::prompt(authenticated)]
    pub(crate) fn numbers() -> String {
        String::new()
    }

    #[mcp_authz::resource(uri = "x:y", authenticated)]
    pub(crate) fn two() -> String {
        String::new()
    }
}

#[prompt(scopes = ["letters"], max_age = 300, conceal)]
fn letter() -> String {
    String::new()
}

#[resource(uri = "files://{bucket}/{+path}", scopes = ["files:{bucket}:read"])]
fn file(bucket: String, _path: String) -> String {
    bucket
}

fn builder() -> ServerBuilder {
    bare(Server::builder("x")).resource("https://mcp.example.com/mcp")
}

#[tokio::test]
async fn everything_that_is_wrong_with_prompts_and_resources_is_told_at_once() {
    let builder = builder().prompts([numbers::prompt(), twin::numbers::prompt()]);
    let builder = builder.mcp_resources([
        apart::resource(),
        one::resource(),
        twin::two::resource(),
        constant::resource(),
    ]);
    let Err(Error::Config(error)) = builder.build().await else {
        panic!("it started");
    };
    let place = "(tests/items/startup.rs:";
    for parts in [
        &[
            r#"two prompts are named "numbers""#,
            place,
            r##"`#[prompt(name = "…")]`"##,
        ][..],
        &[
            r#"prompt "numbers""#,
            place,
            r#"its argument "count" as integer"#,
        ],
        &[r#"prompt "numbers""#, "takes `State<u8>`", ".state(..)"],
        &[r#"resource "x:{a}-{b}""#, place, "takes `State<u8>`"],
        &[
            r#"resource "x:{a}-{b}""#,
            place,
            "does not say where {a} ends",
        ],
        &[
            r#"resource "x:y""#,
            r#"and resource "x:y""#,
            place,
            "another URI",
        ],
        &[
            r#"resource "z:{a}""#,
            r#"scope "files:{bucket}", which names {bucket}"#,
        ],
        &[r#"resource "x:y""#, "want a verified one", ".issuer("],
    ] {
        let says = |problem: &String| parts.iter().all(|part| problem.contains(part));
        assert!(error.problems().iter().any(says), "{parts:?}: {error:#?}");
    }
}

#[tokio::test]
async fn a_server_needs_something_to_guard() {
    let Err(Error::Config(error)) = builder().build().await else {
        panic!("it started");
    };
    let told = error.problems().join("\n");
    assert!(
        told.contains("no tool, prompt or resource is declared"),
        "{told}"
    );
    let only_a_resource = builder()
        .issuer("http://127.0.0.1:1")
        .mcp_resource(file::resource());
    assert!(only_a_resource.build().await.is_ok());
}

#[tokio::test]
async fn the_manifest_says_who_may_have_prompts_and_resources() {
    let builder = builder()
        .issuer("http://127.0.0.1:1")
        .prompt(letter::prompt());
    let server = builder
        .mcp_resource(file::resource())
        .build()
        .await
        .unwrap();
    let manifest = server.manifest().to_markdown();
    for line in [
        "| prompt `letter` | letters, signed in within 300 s, concealed |  | items, tests/items/startup.rs |",
        "| resource `files://{bucket}/{+path}` | files:{bucket}:read |  | items, tests/items/startup.rs |",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}");
    }
    assert_eq!(server.manifest().items[0].scopes, ["letters"]);
}

struct Nothing;

impl ServerHandler for Nothing {}

#[tokio::test]
async fn scopes_by_arguments_that_nobody_knows_do_not_start() {
    let rule = Rule::authenticated().scopes_for(|_, _| Scope::new("acme").into());
    let authz = Authz::new().resource("https://mcp.example.com/mcp");
    let authz = authz.issuer("http://127.0.0.1:1");
    let protect = authz.protect(Nothing, Rules::new().method("acme/reindex", rule));
    let Err(Error::Config(error)) = protect.build().await else {
        panic!("it started");
    };
    let told = error.problems().join("\n");
    assert!(
        told.starts_with(r#"method "acme/reindex" (tests/items/startup.rs:"#),
        "{told}"
    );
    assert!(told.contains(") is decided by its arguments"), "{told}");
}
