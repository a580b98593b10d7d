//! Arguments that are parameters of the function, and errors that are only shown.

use std::error::Error;
use std::fmt;

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::{
    AuthInfo, Denied, PolicyError, Requirement, Scope, ServerBuilder, State, prompt, tool,
};
use support::Ran;

use crate::client::{assert_asked_for, everywhere};

/// Far away costs more.
fn by_distance(_: &str, miles: &u32, _: &AuthInfo) -> Requirement {
    match miles {
        ..=10 => Scope::new("post").into(),
        _ => Scope::new("post:abroad").into(),
    }
}

/// Everybody writes home alone.
async fn not_to_bob(_: &AuthInfo, to: &str, _: &u32) -> Result<(), PolicyError> {
    match to {
        "bob" => Err(PolicyError::denied("Bob wants no mail.")),
        _ => Ok(()),
    }
}

/// Sends a parcel.
#[tool(scopes = ["post"], scopes_for = by_distance, policy = not_to_bob)]
async fn parcel(
    /// Whom it is for.
    to: String,
    auth: AuthInfo,
    #[arg]
    #[serde(default = "near")]
    #[schemars(range(max = 1000))]
    miles: u32,
    ran: State<Ran>,
) -> String {
    ran.note();
    let from = auth.subject().unwrap_or("?").to_owned();
    format!("{from} to {to}, {miles} miles")
}

fn near() -> u32 {
    1
}

/// Takes many, of some kinds.
#[tool(authenticated)]
fn many(
    #[arg] a: bool,
    #[arg] b: Option<String>,
    #[arg] mut c: Vec<u8>,
    #[arg] d: bool,
    #[arg] r#type: bool,
    #[arg] _unused: bool,
    #[arg]
    #[serde(rename = "last")]
    g: bool,
) -> String {
    c.push(0);
    format!("{a} {b:?} {c:?} {d} {} {g}", r#type)
}

/// Starts a letter.
#[prompt(scopes = ["post"])]
fn letter(
    /// Whom to greet.
    to: String,
) -> Result<String, Torn> {
    match to.as_str() {
        "nobody" => Err(Torn),
        _ => Ok(format!("Dear {to},")),
    }
}

/// An error that can be shown, and no more.
struct Torn;

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the paper is torn")
    }
}

/// An error with what it comes from.
#[derive(Debug)]
struct Because(Denied);

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it was not to be")
    }
}

impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Fails in the way that it is told.
#[tool(authenticated)]
async fn fail(auth: AuthInfo, #[arg] how: String) -> Result<String, Box<dyn Error + Send + Sync>> {
    match how.as_str() {
        "denied" => auth.require(Scope::new("post"))?,
        "because" => auth.require(Scope::new("post")).map_err(Because)?,
        "protocol" => Err(ErrorData::invalid_params("no such way", None))?,
        "io" => Err(std::io::Error::other("no paper"))?,
        _ => {}
    }
    Ok("done".to_owned())
}

/// Fails with what only one thread may have.
#[tool(authenticated)]
fn fail_here(auth: AuthInfo, #[arg] how: String) -> Result<String, Box<dyn Error>> {
    match how.as_str() {
        "denied" => auth.require(Scope::new("post"))?,
        _ => Err("no pen")?,
    }
    Ok("done".to_owned())
}

/// Fails with an error that holds another.
#[tool(authenticated)]
fn fail_held(auth: AuthInfo, #[arg] how: String) -> anyhow::Result<String> {
    use anyhow::Context as _;
    match how.as_str() {
        "denied" => auth.require(Scope::new("post"))?,
        "because" => auth.require(Scope::new("post")).context("no parcel")?,
        "protocol" => Err(ErrorData::invalid_params("no such way", None))?,
        _ => anyhow::bail!("no ink"),
    }
    Ok("done".to_owned())
}

#[tool(authenticated)]
fn fail_shown() -> Result<String, Torn> {
    Err(Torn)
}

#[tool(authenticated)]
fn fail_opaque()
-> Result<impl Into<String> + mcp_authz::rmcp::handler::server::tool::IntoCallToolResult, Torn> {
    match "" {
        "" => Err(Torn),
        paper => Ok(paper.to_owned()),
    }
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server
        .tools([
            parcel::tool(),
            many::tool(),
            fail::tool(),
            fail_here::tool(),
            fail_held::tool(),
            fail_shown::tool(),
            fail_opaque::tool(),
        ])
        .prompts([letter::prompt()])
}

#[tokio::test]
async fn each_is_listed_and_read_as_if_it_stood_in_a_struct() {
    everywhere(server, async |client| {
        let token = client.token("post");
        let listed = client.list(Some(&token), "tools").await.message();
        let tools = listed["result"]["tools"].as_array().cloned();
        let tools = tools.unwrap_or_default();
        let schema = |name: &str| {
            let tool = tools.iter().find(|tool| tool["name"] == name);
            tool.map_or(Value::Null, |tool| tool["inputSchema"].clone())
        };
        let parcel = schema("parcel");
        assert_eq!(parcel["required"], json!(["to"]), "{parcel}");
        let to = &parcel["properties"]["to"];
        assert_eq!(to["description"], "Whom it is for.");
        assert_eq!(parcel["properties"]["miles"]["maximum"], 1000);
        let named = schema("many")["properties"].as_object().cloned();
        let mut named: Vec<String> = named.unwrap_or_default().into_iter().map(|p| p.0).collect();
        named.sort();
        assert_eq!(named, ["a", "b", "c", "d", "last", "type", "unused"]);

        let reply = client
            .call(Some(&token), "parcel", json!({ "to": "carol" }))
            .await;
        assert_eq!(reply.text(), "alice to carol, 1 miles", "{reply:?}");
        let all =
            json!({ "a": true, "c": [1], "d": false, "type": true, "unused": true, "last": false });
        let reply = client.call(Some(&token), "many", all).await;
        assert_eq!(
            reply.text(),
            "true None [1, 0] false true false",
            "{reply:?}"
        );
        for arguments in [
            json!({}),
            json!({ "to": 5 }),
            json!({ "to": "c", "miles": -1 }),
        ] {
            let reply = client.call(Some(&token), "parcel", arguments).await;
            assert_eq!(
                (reply.status.as_u16(), reply.error_code()),
                (200, -32602),
                "{reply:?}"
            );
        }
        assert_eq!(client.ran(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_depends_on_them_is_decided_before_the_function_runs() {
    everywhere(server, async |client| {
        let narrow = client.token("post");
        let far = json!({ "to": "carol", "miles": 100 });
        let reply = client.call(Some(&narrow), "parcel", far.clone()).await;
        assert_asked_for(&reply, "post post:abroad");
        let reply = client
            .call(Some(&client.token("")), "parcel", json!({}))
            .await;
        assert_asked_for(&reply, "post");
        let reply = client
            .call(Some(&narrow), "parcel", json!({ "to": "bob" }))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (403, ""),
            "{reply:?}"
        );
        assert!(reply.body.contains("Bob wants no mail."), "{reply:?}");
        assert_eq!(client.ran(), 0);
        let wide = client.token("post post:abroad");
        let reply = client.call(Some(&wide), "parcel", far).await;
        assert_eq!(reply.text(), "alice to carol, 100 miles", "{reply:?}");
        assert_eq!(client.ran(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_error_is_told_in_its_own_words_and_a_refusal_stays_one() {
    everywhere(server, async |client| {
        let nobody = client.token("");
        for (tool, how) in [
            ("fail", "denied"),
            ("fail", "because"),
            ("fail_here", "denied"),
            ("fail_held", "denied"),
            ("fail_held", "because"),
        ] {
            let reply = client
                .call(Some(&nobody), tool, json!({ "how": how }))
                .await;
            assert_asked_for(&reply, "post");
        }
        for (tool, how, told) in [
            ("fail", "io", "no paper"),
            ("fail_here", "", "no pen"),
            ("fail_held", "", "no ink"),
            ("fail_shown", "", "the paper is torn"),
            ("fail_opaque", "", "the paper is torn"),
        ] {
            let reply = client
                .call(Some(&nobody), tool, json!({ "how": how }))
                .await;
            let result = &reply.message()["result"];
            assert_eq!(result["isError"], true, "{reply:?}");
            assert_eq!(result["content"][0]["text"], told, "{reply:?}");
        }
        for tool in ["fail", "fail_held"] {
            let protocol = json!({ "how": "protocol" });
            let reply = client.call(Some(&nobody), tool, protocol).await;
            assert_eq!(reply.error_code(), -32602, "{reply:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_prompt_takes_them_too() {
    everywhere(server, async |client| {
        let token = client.token("post");
        let get = async |to: &str| {
            let params = json!({ "name": "letter", "arguments": { "to": to } });
            client
                .ask(Some(&token), "prompts/get", Some("letter"), params)
                .await
        };
        assert!(get("carol").await.body.contains("Dear carol,"));
        let torn = get("nobody").await;
        assert_eq!(torn.error_code(), -32603, "{torn:?}");
        assert!(torn.body.contains("the paper is torn"), "{torn:?}");
        let listed = client.list(Some(&token), "prompts").await.message();
        let argument = &listed["result"]["prompts"][0]["arguments"][0];
        assert_eq!(argument["name"], "to");
        assert_eq!(argument["description"], "Whom to greet.");
        assert_eq!(argument["required"], true);
    })
    .await;
}
