//! Resources, fixed and by templates: the same access, and variables that it can depend on.

use std::str::FromStr;

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{ReadResourceResult, ResourceContents};
use mcp_authz::{
    AuthInfo, Denied, PolicyError, Requirement, ResourceEntry, Scope, ServerBuilder, State,
    Visibility, resource,
};
use support::{Ran, Reply};

use crate::client::{Client, assert_asked_for, assert_same, everywhere};

/// The notes of today.
#[resource(uri = "notes://today", scopes = ["notes"], title = "Today")]
async fn today(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    format!("buy milk, {}", auth.subject().unwrap_or("?"))
}

#[resource(
    uri = "logos://main",
    authenticated,
    name = "the logo",
    mime_type = "image/png"
)]
fn logo(ran: State<Ran>) -> Vec<u8> {
    ran.note();
    vec![1, 2, 3]
}

/// A file in a bucket.
#[resource(uri = "files://{bucket}/{+path}", scopes = ["files:{bucket}:read"], mime_type = "text/csv")]
fn file(path: String, ran: State<Ran>, bucket: String) -> Result<String, ErrorData> {
    ran.note();
    Ok(format!("{path} of {bucket}"))
}

/// Those that are published, besides.
#[resource(uri = "files://public/{+path}", scopes = ["published"])]
fn published(_path: String, ran: State<Ran>) -> &'static str {
    ran.note();
    "published"
}

/// Not every text.
struct Isbn(u64);

impl FromStr for Isbn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "broken" => panic!("a reader that panics"),
            text => text.parse().map(Self).map_err(|_| "no ISBN"),
        }
    }
}

fn by_page(page: &u32, isbn: &Isbn, _: &AuthInfo) -> Requirement {
    match (isbn.0, page) {
        (_, 0) => panic!("books begin on page 1"),
        (_, 1..=10) => Scope::new("books").into(),
        _ => Scope::new("books:all").into(),
    }
}

async fn own_book(auth: &AuthInfo, page: &u32, isbn: &Isbn) -> Result<(), PolicyError> {
    tokio::task::yield_now().await;
    match (isbn.0, page, auth.subject()) {
        (13, ..) => panic!("an unlucky number"),
        (14, ..) => Err(PolicyError::unavailable()),
        (_, 1, _) | (1, _, Some("alice")) => Ok(()),
        _ => Err(PolicyError::denied("Not your book.")),
    }
}

#[resource(
    uri = "books://{isbn}/pages/{page}",
    scopes = ["books"],
    scopes_for = by_page,
    policy = own_book
)]
async fn page(page: u32, isbn: Isbn, ran: State<Ran>) -> ResourceContents {
    ran.note();
    ResourceContents::text(format!("page {page} of {}", isbn.0), "books://elsewhere")
}

fn not_bob(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.subject() {
        Some("bob") => Err(PolicyError::denied("Not you, Bob.")),
        _ => Ok(()),
    }
}

#[resource(uri = "diary://{day}", authenticated, policy = not_bob)]
fn diary(day: String, ran: State<Ran>) -> Vec<ResourceContents> {
    ran.note();
    vec![ResourceContents::text(day, "diary://x")]
}

fn not_the_cellar(_: &AuthInfo, room: &str) -> Result<(), PolicyError> {
    match room {
        "cellar" => Err(PolicyError::denied("Keep out.")),
        _ => Ok(()),
    }
}

#[resource(uri = "vault://{room}", scopes = ["vault:{room}"], policy = not_the_cellar, conceal)]
fn vault(room: String, ran: State<Ran>) -> ReadResourceResult {
    ran.note();
    ReadResourceResult::new(vec![ResourceContents::text(room, "vault://x")])
}

#[resource(uri = "secrets://all", scopes = ["secrets"], max_age = 300, conceal)]
fn secrets(ran: State<Ran>) -> String {
    ran.note();
    "42".into()
}

#[resource(uri = "late://{what}", authenticated)]
async fn late(what: String, auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    auth.require(Scope::new("late"))?;
    ran.note();
    Ok(what)
}

#[resource(uri = "broken://it", authenticated)]
fn broken(ran: State<Ran>) -> String {
    ran.note();
    panic!("this resource is broken")
}

#[resource(uri = "weather://{city}", anonymous)]
fn weather(city: String, auth: Option<AuthInfo>, ran: State<Ran>) -> String {
    ran.note();
    let who = auth.as_ref().and_then(AuthInfo::subject).unwrap_or("you");
    format!("{city} is sunny, {who}")
}

fn all() -> [ResourceEntry; 11] {
    [
        today::resource(),
        logo::resource(),
        file::resource(),
        published::resource(),
        page::resource(),
        diary::resource(),
        vault::resource(),
        secrets::resource(),
        late::resource(),
        broken::resource(),
        weather::resource(),
    ]
}

pub(crate) fn server(server: ServerBuilder) -> ServerBuilder {
    server.mcp_resources(all()).allow_anonymous()
}

pub(crate) async fn read(client: &Client<'_>, token: Option<&str>, uri: &str) -> Reply {
    let params = json!({ "uri": uri });
    client.ask(token, "resources/read", Some(uri), params).await
}

pub(crate) fn contents(reply: &Reply) -> Value {
    reply.message()["result"]["contents"].clone()
}

pub(crate) fn text(reply: &Reply) -> String {
    let text = &contents(reply)[0]["text"];
    text.as_str().unwrap_or_default().to_owned()
}

/// The protocol's answer to a URI that there is not.
pub(crate) fn assert_not_found(client: &Client<'_>, reply: &Reply) {
    let code = if client.is_modern() { -32602 } else { -32002 };
    assert_eq!(
        (reply.status.as_u16(), reply.error_code(), reply.challenge()),
        (200, code, ""),
        "{reply:?}"
    );
    assert!(reply.body.contains("resource not found"), "{reply:?}");
}

#[tokio::test]
async fn a_resource_is_read_by_whoever_may() {
    everywhere(server, async |client| {
        let reply = read(client, None, "notes://today").await;
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(
            reply.challenge().contains(r#"scope="notes""#),
            "{}",
            reply.challenge()
        );
        let narrow = client.token("mail");
        assert_asked_for(&read(client, Some(&narrow), "notes://today").await, "notes");
        assert_eq!(client.ran(), 0);
        let reply = read(client, Some(&client.token("notes")), "notes://today").await;
        let expected = json!([
            { "uri": "notes://today", "mimeType": "text/plain", "text": "buy milk, alice" }
        ]);
        assert_eq!(contents(&reply), expected, "{reply:?}");
        if client.is_modern() {
            assert_eq!(reply.message()["result"]["cacheScope"], "private");
        }
        let reply = read(client, Some(&narrow), "logos://main").await;
        let expected = json!([{ "uri": "logos://main", "mimeType": "image/png", "blob": "AQID" }]);
        assert_eq!(contents(&reply), expected, "{reply:?}");
        assert_eq!(
            text(&read(client, None, "weather://Basel").await),
            "Basel is sunny, you"
        );
        assert_eq!(client.ran(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_policy_of_the_caller_a_late_refusal_and_a_panic() {
    everywhere(server, async |client| {
        let bob = client.lab.token_of("bob", "smartmail", "");
        let reply = read(client, Some(&bob), "diary://monday").await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (403, ""),
            "{reply:?}"
        );
        let token = client.token("");
        assert_asked_for(&read(client, Some(&token), "late://x").await, "late");
        assert_eq!(client.ran(), 0);
        assert_eq!(read(client, Some(&token), "broken://it").await.status, 500);
        assert_eq!(
            text(&read(client, Some(&token), "diary://monday").await),
            "monday"
        );
        assert_eq!(
            text(&read(client, Some(&client.token("late")), "late://x").await),
            "x"
        );
        assert_eq!(client.ran(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_concealed_resource_is_an_unknown_one_to_the_byte() {
    everywhere(server, async |client| {
        let may = client.token("vault:hall vault:cellar");
        for (token, uri) in [
            (None, "secrets://all"),
            (Some(client.token("")), "secrets://all"),
            (None, "vault://hall"),
            (Some(client.token("")), "vault://hall"),
            (Some(may.clone()), "vault://attic"),
            // What she may by scope, and not by policy.
            (Some(may.clone()), "vault://cellar"),
        ] {
            let token = token.as_deref();
            // Of the same length; the answer names what was asked for (SEP-2164).
            let nothing = uri
                .replace("secrets:", "nothing:")
                .replace("vault:", "empty:");
            let mut concealed = read(client, token, uri).await;
            concealed.body = concealed.body.replace(uri, &nothing);
            let unknown = read(client, token, &nothing).await;
            assert_not_found(client, &unknown);
            assert_same(&concealed, &unknown);
        }
        assert_eq!(client.ran(), 0);
        assert_eq!(
            text(&read(client, Some(&may), "vault://hall").await),
            "hall"
        );
        let token = client.token("secrets");
        assert_eq!(
            text(&read(client, Some(&token), "secrets://all").await),
            "42"
        );
    })
    .await;
}

#[tokio::test]
async fn fixed_ones_and_templates_are_listed_apart() {
    everywhere(server, async |client| {
        let token = client.token("");
        let page = client.list(Some(&token), "resources").await.message();
        let resources = json!([
            { "uri": "broken://it", "name": "broken" },
            { "uri": "logos://main", "name": "the logo", "mimeType": "image/png" },
            {
                "uri": "notes://today",
                "name": "today",
                "title": "Today",
                "description": "The notes of today.",
                "_meta": { "rs.mcp-authz/required-scopes": ["notes"] },
            },
        ]);
        assert_eq!(page["result"]["resources"], resources, "{page}");
        let page = client
            .list(Some(&token), "resources/templates")
            .await
            .message();
        let templates = page["result"]["resourceTemplates"].as_array().unwrap();
        let texts: Vec<_> = templates
            .iter()
            .map(|one| one["uriTemplate"].as_str().unwrap())
            .collect();
        let all = [
            "books://{isbn}/pages/{page}",
            "diary://{day}",
            "files://public/{+path}",
            "files://{bucket}/{+path}",
            "late://{what}",
            "weather://{city}",
        ];
        assert_eq!(texts, all, "{page}");
        let file = json!({
            "uriTemplate": "files://{bucket}/{+path}",
            "name": "file",
            "description": "A file in a bucket.",
            "mimeType": "text/csv",
            "_meta": { "rs.mcp-authz/required-scopes": ["files:{bucket}:read"] },
        });
        assert_eq!(templates[3], file);
    })
    .await;
}

#[tokio::test]
async fn only_what_some_uri_could_give_is_shown_where_lists_are_of_what_is_granted() {
    let granted = |builder: ServerBuilder| server(builder).visibility(Visibility::Granted);
    everywhere(granted, async |client| {
        let shown = async |person, scopes, list: &str, key| {
            let token = client.lab.token_of(person, "smartmail", scopes);
            client.shown(Some(&token), list, key).await
        };
        assert_eq!(
            shown("alice", "", "resources", "uri").await,
            ["broken://it", "logos://main"]
        );
        let more = [
            "broken://it",
            "logos://main",
            "notes://today",
            "secrets://all",
        ];
        assert_eq!(
            shown("alice", "secrets notes", "resources", "uri").await,
            more
        );
        let templates = async |person, scopes| {
            shown(person, scopes, "resources/templates", "uriTemplate").await
        };
        assert_eq!(
            templates("bob", "").await,
            ["late://{what}", "weather://{city}"]
        );
        let more = [
            "books://{isbn}/pages/{page}",
            "diary://{day}",
            "files://{bucket}/{+path}",
            "late://{what}",
            "vault://{room}",
            "weather://{city}",
        ];
        assert_eq!(
            templates("alice", "books files:a:read vault:hall").await,
            more
        );
        assert!(client.shown(None, "resources", "uri").await.is_empty());
        let open = client
            .shown(None, "resources/templates", "uriTemplate")
            .await;
        assert_eq!(open, ["weather://{city}"]);
    })
    .await;
}

#[tokio::test]
async fn only_resources_are_announced_where_there_is_nothing_else() {
    everywhere(server, async |client| {
        let announced = client.capabilities().await;
        assert_eq!(announced, json!({ "resources": {} }));
        for list in ["tools", "prompts"] {
            assert_eq!(client.list(None, list).await.error_code(), -32601);
        }
    })
    .await;
}
