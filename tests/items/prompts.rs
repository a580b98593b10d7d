//! Prompts: the same access, for what `prompts/get` runs.

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{GetPromptResponse, GetPromptResult, PromptMessage, Role};
use mcp_authz::schemars::JsonSchema;
use mcp_authz::serde::Deserialize;
use mcp_authz::{
    AuthInfo, Denied, Parameters, PolicyError, PromptEntry, Requirement, Scope, ServerBuilder,
    State, Visibility, prompt,
};
use support::{Ran, Reply};

use crate::client::{Client, assert_asked_for, assert_same, everywhere};

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Letter {
    /// Whom the letter is for.
    to: String,
    tone: Option<String>,
}

/// Starts a letter.
#[prompt(scopes = ["letters"], title = "Write a letter")]
async fn letter(letter: Parameters<Letter>, auth: AuthInfo, ran: State<Ran>) -> Vec<PromptMessage> {
    ran.note();
    let Letter { to, tone } = letter.0;
    let tone = tone.unwrap_or_else(|| "friendly".into());
    vec![
        PromptMessage::new_text(Role::User, format!("Write a {tone} letter to {to}.")),
        PromptMessage::new_text(Role::Assistant, auth.subject().unwrap_or("?")),
    ]
}

fn by_recipient(letter: &Letter, _: &AuthInfo) -> Requirement {
    match letter.to.as_str() {
        "everybody" => Scope::new("letters:all").into(),
        _ => Scope::new("letters").into(),
    }
}

async fn not_to_oneself(auth: &AuthInfo, letter: &Letter) -> Result<(), PolicyError> {
    match auth.subject() == Some(&letter.to) {
        true => Err(PolicyError::denied("You know that already.")),
        false => Ok(()),
    }
}

#[prompt(scopes = ["letters"], scopes_for = by_recipient, policy = not_to_oneself)]
fn circular(_: Parameters<Letter>, ran: State<Ran>) -> &'static str {
    ran.note();
    "Write to all of them."
}

#[prompt(scopes = ["secrets"], policy = not_to_oneself, max_age = 300, conceal)]
fn secret(_: Parameters<Letter>, ran: State<Ran>) -> String {
    ran.note();
    "Tell me a secret.".into()
}

fn only_alice(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.subject() {
        Some("alice") => Ok(()),
        _ => Err(PolicyError::denied("Only Alice.")),
    }
}

#[prompt(authenticated, policy = only_alice, name = "diary.entry", description = "One day.")]
fn diary(ran: State<Ran>) -> Result<PromptMessage, ErrorData> {
    ran.note();
    Ok(PromptMessage::new_text(Role::User, "Dear diary"))
}

/// Finds out while it runs that it needs more.
#[prompt(authenticated)]
async fn curious(auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    auth.require(Scope::new("secret"))?;
    ran.note();
    Ok("Now I know.".into())
}

#[prompt(anonymous)]
fn greeting(auth: Option<AuthInfo>) -> GetPromptResult {
    let name = auth.as_ref().and_then(AuthInfo::subject).unwrap_or("you");
    GetPromptResult::new(vec![PromptMessage::new_text(
        Role::User,
        format!("hello {name}"),
    )])
    .with_description("A greeting.")
}

#[prompt(authenticated)]
fn broken(ran: State<Ran>) -> GetPromptResponse {
    ran.note();
    panic!("this prompt is broken")
}

fn all() -> [PromptEntry; 7] {
    [
        letter::prompt(),
        circular::prompt(),
        secret::prompt(),
        diary::prompt(),
        curious::prompt(),
        greeting::prompt(),
        broken::prompt(),
    ]
}

fn server(server: ServerBuilder) -> ServerBuilder {
    server.prompts(all()).allow_anonymous()
}

async fn get(client: &Client<'_>, token: Option<&str>, prompt: &str, arguments: Value) -> Reply {
    let params = json!({ "name": prompt, "arguments": arguments });
    client.ask(token, "prompts/get", Some(prompt), params).await
}

/// The texts of the messages, each with who says it.
fn messages(reply: &Reply) -> Vec<String> {
    let message = reply.message();
    let all = message["result"]["messages"].as_array().cloned();
    let said = |message: &Value| {
        let (role, text) = (&message["role"], &message["content"]["text"]);
        format!(
            "{}: {}",
            role.as_str().unwrap_or("?"),
            text.as_str().unwrap_or("?")
        )
    };
    all.unwrap_or_default().iter().map(said).collect()
}

#[tokio::test]
async fn a_prompt_runs_for_whoever_may_get_it() {
    everywhere(server, async |client| {
        let arguments = json!({ "to": "Bob" });
        let reply = get(client, None, "letter", arguments.clone()).await;
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(
            reply.challenge().contains(r#"scope="letters""#),
            "{}",
            reply.challenge()
        );
        let narrow = client.token("mail");
        let reply = get(client, Some(&narrow), "letter", arguments.clone()).await;
        assert_asked_for(&reply, "letters");
        assert_eq!(client.ran(), 0);
        let wide = client.token("letters");
        let reply = get(client, Some(&wide), "letter", arguments).await;
        let expected = ["user: Write a friendly letter to Bob.", "assistant: alice"];
        assert_eq!(messages(&reply), expected, "{reply:?}");
        assert_eq!(client.ran(), 1);
        let reply = get(client, None, "greeting", json!({})).await;
        assert_eq!(messages(&reply), ["user: hello you"]);
        assert_eq!(reply.message()["result"]["description"], "A greeting.");
    })
    .await;
}

#[tokio::test]
async fn arguments_and_policies_are_decided_before_it_runs() {
    everywhere(server, async |client| {
        let token = client.token("letters");
        let to = async |token: &str, name: &str| {
            get(client, Some(token), "circular", json!({ "to": name })).await
        };
        assert_asked_for(&to(&token, "everybody").await, "letters letters:all");
        let reply = to(&token, "alice").await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (403, ""),
            "{reply:?}"
        );
        assert!(reply.body.contains("You know that already."), "{reply:?}");
        for bad in [json!({}), json!({ "to": 5 })] {
            let reply = get(client, Some(&token), "circular", bad.clone()).await;
            assert_eq!(
                (reply.status.as_u16(), reply.error_code()),
                (200, -32602),
                "{reply:?}"
            );
            let stranger = client.token("");
            assert_asked_for(
                &get(client, Some(&stranger), "circular", bad).await,
                "letters",
            );
        }
        let bob = client.lab.token_of("bob", "smartmail", "");
        let reply = get(client, Some(&bob), "diary.entry", json!({})).await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (403, ""),
            "{reply:?}"
        );
        assert_asked_for(
            &get(client, Some(&token), "curious", json!({})).await,
            "secret",
        );
        assert_eq!(client.ran(), 0);
        assert_eq!(
            messages(&to(&token, "Bob").await),
            ["user: Write to all of them."]
        );
        let all = client.token("letters letters:all secret");
        assert_eq!(messages(&to(&all, "everybody").await).len(), 1);
        assert_eq!(
            messages(&get(client, Some(&all), "curious", json!({})).await).len(),
            1
        );
        let reply = get(client, Some(&all), "diary.entry", json!({})).await;
        assert_eq!(messages(&reply), ["user: Dear diary"]);
        assert_eq!(client.ran(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_concealed_prompt_is_an_unknown_one_to_the_byte() {
    everywhere(server, async |client| {
        let letter = |to| json!({ "to": to });
        let may = client.token("secrets");
        for (token, to) in [
            (None, "Bob"),
            (Some(client.token("letters")), "Bob"),
            // What she may, and not with these arguments.
            (Some(may.clone()), "alice"),
        ] {
            let token = token.as_deref();
            let concealed = get(client, token, "secret", letter(to)).await;
            let unknown = get(client, token, "secrets", letter(to)).await;
            assert_eq!(
                (unknown.status.as_u16(), unknown.error_code()),
                (200, -32602)
            );
            assert_same(&concealed, &unknown);
        }
        assert_eq!(client.ran(), 0);
        let reply = get(client, Some(&may), "secret", letter("Bob")).await;
        assert_eq!(messages(&reply), ["user: Tell me a secret."]);
    })
    .await;
}

#[tokio::test]
async fn a_prompt_that_panics_fails_alone() {
    everywhere(server, async |client| {
        let reply = get(client, Some(&client.token("")), "broken", json!({})).await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (500, ""),
            "{reply:?}"
        );
        assert_eq!(client.ran(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_list_says_what_each_prompt_takes_and_requires() {
    everywhere(server, async |client| {
        let page = client
            .list(Some(&client.token("")), "prompts")
            .await
            .message();
        let prompts = page["result"]["prompts"].as_array().unwrap();
        let names: Vec<_> = prompts
            .iter()
            .map(|prompt| prompt["name"].as_str().unwrap())
            .collect();
        let all = [
            "broken",
            "circular",
            "curious",
            "diary.entry",
            "greeting",
            "letter",
        ];
        assert_eq!(names, all, "the concealed one is not there");
        let letter = prompts.last().unwrap();
        assert_eq!(letter["title"], "Write a letter");
        assert_eq!(letter["description"], "Starts a letter.");
        assert_eq!(
            letter["_meta"]["rs.mcp-authz/required-scopes"],
            json!(["letters"])
        );
        let arguments = json!([
            { "name": "to", "description": "Whom the letter is for.", "required": true },
            { "name": "tone", "required": false },
        ]);
        assert_eq!(letter["arguments"], arguments);
        assert_eq!(prompts[3]["description"], "One day.");
        assert_eq!(prompts[3]["arguments"], Value::Null);
    })
    .await;
    let granted = |builder: ServerBuilder| server(builder).visibility(Visibility::Granted);
    everywhere(granted, async |client| {
        let shown = async |person, scopes| {
            let token = client.lab.token_of(person, "smartmail", scopes);
            client.shown(Some(&token), "prompts", "name").await
        };
        assert_eq!(shown("bob", "").await, ["broken", "curious", "greeting"]);
        let more = [
            "broken",
            "circular",
            "curious",
            "diary.entry",
            "greeting",
            "letter",
            "secret",
        ];
        assert_eq!(shown("alice", "letters secrets").await, more);
        assert_eq!(client.shown(None, "prompts", "name").await, ["greeting"]);
    })
    .await;
}

#[tokio::test]
async fn only_what_there_is_is_announced() {
    everywhere(server, async |client| {
        assert_eq!(client.capabilities().await, json!({ "prompts": {} }));
        let reply = client.list(None, "tools").await;
        assert_eq!(reply.error_code(), -32601, "{reply:?}");
    })
    .await;
}
