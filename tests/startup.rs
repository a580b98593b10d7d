//! A server that is configured wrongly does not start, and says everything that is wrong.

use mcp_authz::{AuthInfo, Error, Parameters, Server, State, rmcp, tool};
use support::ScriptedIssuer;

/// Scoped.
#[tool(scopes = ["mail:send"])]
fn send_mail() -> String {
    String::new()
}

#[tool(scopes = all("pay", any("eu", "us")), destructive)]
fn pay() -> String {
    String::new()
}

/// Says what MCP would not assume: by default a tool may destroy, and reaches an open world.
#[tool(scopes = ["pay"], read_only = false, destructive = false, idempotent, open_world = false)]
fn refund() -> String {
    String::new()
}

/// Somebody else's tool of that name.
mod twin {
    #[mcp_authz::tool(authenticated)]
    pub(crate) fn send_mail() -> String {
        String::new()
    }
}

struct Database;

#[tool(authenticated)]
fn query(_database: State<Database>) -> String {
    String::new()
}

/// Behind an alias, where the macro cannot see it.
type Caller = AuthInfo;

#[tool(anonymous)]
fn weather(_auth: Caller) -> String {
    String::new()
}

/// As well.
type Object = Parameters<rmcp::model::JsonObject>;

#[tool(authenticated)]
fn two(_first: Object, _second: Object) -> String {
    String::new()
}

#[tool(authenticated)]
fn number(_n: Parameters<u8>) -> String {
    String::new()
}

async fn problems(builder: mcp_authz::ServerBuilder) -> Vec<String> {
    match builder.build().await {
        Err(Error::Config(error)) => error.problems().to_vec(),
        other => panic!("it started: {other:?}"),
    }
}

fn assert_told(problems: &[String], parts: &[&str]) {
    let told = problems
        .iter()
        .any(|problem| parts.iter().all(|part| problem.contains(part)));
    assert!(told, "no problem says {parts:?}: {problems:#?}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_with_what_to_write_instead() {
    let builder = Server::builder("wrong")
        .resource("http://mcp.example.com/mcp")
        .tools([
            send_mail::tool(),
            twin::send_mail::tool(),
            query::tool(),
            weather::tool(),
            two::tool(),
            number::tool(),
        ])
        .initial_scopes(["offline_access", "two words"])
        .allowed_hosts(["http://host", "*", "host:port"])
        .allowed_origins(["host"])
        .mount("mcp")
        .sealing_keys([("k1", b"short".to_vec())]);
    let problems = problems(builder).await;
    assert_told(&problems, &["resource", "https"]);
    assert_told(&problems, &["\"send_mail\"", "tests/startup.rs", "name ="]);
    assert_told(&problems, &["\"send_mail\"", "\"query\"", ".issuer("]);
    let missing = problems.iter().filter(|told| told.contains(".issuer("));
    assert_eq!(missing.count(), 1, "once, for all: {problems:#?}");
    assert_told(&problems, &["query", "State<", "Database", ".state("]);
    assert_told(&problems, &["weather", ".allow_anonymous()"]);
    assert_told(&problems, &["weather", "Option<AuthInfo>"]);
    assert_told(&problems, &["two", "Parameters", "twice"]);
    assert_told(&problems, &["number", "object"]);
    assert_told(&problems, &["offline_access"]);
    assert_told(&problems, &["two words"]);
    for host in ["http://host", "*", "host:port"] {
        assert_told(&problems, &["allowed host", &format!("{host:?}")]);
    }
    assert_told(&problems, &["allowed origin"]);
    assert_told(&problems, &["mount"]);
    assert_told(&problems, &["sealing_keys"]);
}

#[tokio::test]
async fn a_server_needs_a_resource_and_a_tool() {
    let problems = problems(Server::builder("empty").tools([])).await;
    assert_told(&problems, &["no resource", ".resource("]);
    assert_told(&problems, &["no tool", "#[tool("]);
}

#[tokio::test]
async fn a_path_that_a_router_would_read_as_a_pattern_does_not_start() {
    for path in ["/:id", "/mcp/*rest", "/{id}"] {
        let resource = format!("https://mcp.example.com{path}");
        let builder = Server::builder("x")
            .resource(resource)
            .issuer("http://127.0.0.1:1");
        let problems = problems(builder.tools([send_mail::tool()])).await;
        assert_told(&problems, &["/mcp"]);
    }
}

#[tokio::test]
async fn the_path_of_the_metadata_is_taken() {
    let path = "/.well-known/oauth-protected-resource";
    let builder = Server::builder("x")
        .resource("https://mcp.example.com/mcp")
        .issuer("http://127.0.0.1:1")
        .mount(path);
    let problems = problems(builder.tools([send_mail::tool()])).await;
    assert_told(&problems, &[path, "\"/mcp\""]);
}

#[tokio::test]
async fn a_password_in_the_resource_is_not_repeated() {
    let builder = Server::builder("x").resource("https://alice:hunter2@mcp.example.com/mcp");
    let problems = problems(builder.tools([send_mail::tool()])).await;
    assert_told(&problems, &["resource", "password", "remove"]);
    assert!(!problems.concat().contains("hunter2"), "{problems:#?}");
}

#[tokio::test]
async fn an_address_that_cannot_be_served_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    let serve = async |address: String| {
        let builder = Server::builder("x").resource("https://mcp.example.com/mcp");
        let builder = builder.issuer("http://127.0.0.1:1");
        let server = builder.tools([send_mail::tool()]).build().await.unwrap();
        server.serve(address).await.unwrap_err().to_string()
    };
    let told = serve(taken.to_string()).await;
    assert!(told.contains(&taken.to_string()), "{told}");
    assert!(told.contains("another program"), "{told}");
    drop(listener);
    let told = serve("127.0.0.1".to_owned()).await;
    assert!(told.contains("\"127.0.0.1:3001\""), "{told}");
}

#[tokio::test]
async fn an_issuer_must_be_one() {
    for issuer in [
        "as.example.com",
        "http://as.example.com",
        "https://as.example.com/#x",
        "https://as.example.com/.well-known/openid-configuration",
        "",
    ] {
        let builder = Server::builder("x")
            .resource("https://mcp.example.com/mcp")
            .issuer(issuer);
        let problems = problems(builder.tools([send_mail::tool()])).await;
        assert_told(&problems, &["issuer"]);
    }
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_an_error_only_when_asked_for() {
    let builder = || {
        Server::builder("x")
            .resource("https://mcp.example.com/mcp")
            .issuer("http://127.0.0.1:1")
            .tools([send_mail::tool()])
    };
    assert!(builder().build().await.is_ok());
    assert_told(&problems(builder().eager()).await, &["http://127.0.0.1:1"]);
}

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Somebody who corrects one mistake is not told of the next one only then.
#[tokio::test]
async fn what_is_wrong_at_an_issuer_is_told_with_everything_else() {
    let issuer = ScriptedIssuer::start(&[]).await;
    let other =
        json::json!({ "issuer": "https://other.example.com", "jwks_uri": issuer.url("/jwks") });
    issuer.page(METADATA, 200, &other);
    let wrong = || {
        Server::builder("x")
            .resource("https://mcp.example.com/mcp")
            .issuer(issuer.identifier())
            .tools([send_mail::tool()])
            .mount("mcp")
    };
    let told = problems(wrong()).await;
    assert_told(&told, &["mount"]);
    assert_told(&told, &[issuer.identifier(), "its `issuer` is another one"]);
    assert_eq!(told.len(), 2, "{told:#?}");
    // An issuer that is written wrongly has no documents; the other one is asked all the same.
    let told = problems(wrong().issuer("nowhere")).await;
    assert_told(&told, &["mount"]);
    assert_told(&told, &["nowhere"]);
    assert_told(&told, &[issuer.identifier(), "its `issuer` is another one"]);
    assert_eq!(told.len(), 3, "{told:#?}");
}

#[tokio::test]
async fn for_its_manifest_a_server_asks_nobody() {
    let issuer = ScriptedIssuer::start(&[]).await;
    let server = || {
        Server::builder("x")
            .resource("https://mcp.example.com/mcp")
            .issuer(issuer.identifier())
            .tools([send_mail::tool()])
    };
    let manifest = server().eager().manifest().unwrap();
    assert!(issuer.received(METADATA).is_empty());
    let built = server().build().await.unwrap();
    assert!(!issuer.received(METADATA).is_empty());
    assert_eq!(manifest.to_json(), built.manifest().to_json());
    assert_eq!(manifest.to_string(), built.manifest().to_string());
    // A wrong one has none.
    let Err(Error::Config(error)) = server().mount("mcp").manifest() else {
        panic!("it has one");
    };
    assert_told(error.problems(), &["mount"]);
}

#[tokio::test]
async fn a_tool_named_twice_by_the_same_declaration_is_one_tool() {
    let builder = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = builder
        .issuer("http://127.0.0.1:1")
        .tools([send_mail::tool()]);
    let server = server.tool(send_mail::tool()).build().await.unwrap();
    let printed = server.to_string();
    assert_eq!(printed.matches("send_mail").count(), 1, "{printed}");
    assert!(printed.contains("needs mail:send"), "{printed}");
    assert!(printed.contains("https://mcp.example.com/mcp"), "{printed}");
    assert!(printed.contains("http://127.0.0.1:1"), "{printed}");
}

#[tokio::test]
async fn the_manifest_says_what_is_guarded_and_where_it_is_declared() {
    let builder = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = builder.issuer("http://127.0.0.1:1").tools([
        send_mail::tool(),
        pay::tool(),
        refund::tool(),
    ]);
    let server = server.build().await.unwrap();
    let manifest = server.manifest();
    assert_eq!(
        manifest.to_markdown(),
        "# x guards <https://mcp.example.com/mcp>\n\n\
         - accepts tokens of http://127.0.0.1:1\n\n\
         | item | requires | hints | declared in |\n|---|---|---|---|\n\
         | tool `pay` | pay (eu \\| us) | destructive | startup, tests/startup.rs |\n\
         | tool `refund` | pay | not read only, not destructive, idempotent, not open world | startup, tests/startup.rs |\n\
         | tool `send_mail` | mail:send |  | startup, tests/startup.rs |\n"
    );
    assert_eq!(
        manifest.to_string(),
        "x guards https://mcp.example.com/mcp\n  \
           accepts tokens of http://127.0.0.1:1\n  \
           sends agents to   https://mcp.example.com/.well-known/oauth-protected-resource/mcp\n  \
           startup, tests/startup.rs\n    \
             tool     pay        needs pay (eu | us) [destructive]\n    \
             tool     refund     needs pay [not read only, not destructive, idempotent, not open world]\n    \
             tool     send_mail  needs mail:send\n"
    );
    let json: json::Value = json::from_str(&manifest.to_json()).unwrap();
    assert_eq!(json["items"][0]["scopes"], json::json!(["pay", "eu", "us"]));
    let hints = [
        "not read only",
        "not destructive",
        "idempotent",
        "not open world",
    ];
    assert_eq!(json["items"][1]["hints"], json::json!(hints));
    assert_eq!(json["items"][2]["hints"], json::json!([]));
    assert_eq!(json["items"][2]["crate"], "startup");
    assert_eq!(json["items"][2]["file"], "tests/startup.rs");
}
