//! What the operator's own applications may do, and agents of others may not, whatever people allow them.

use json::{Value, json};
use mcp_authz::dev::AuthorizationServer;
use mcp_authz::{
    AuthInfo, Authz, BearerToken, ClientAuth, Issuer, Parameters, PolicyError, Requirement, Rule,
    Rules, Scope, Server, ServerBuilder, State, TokenVerifier, VerifyError, first_party, prompt,
    resource, tool,
};
use support::{Lab, Ran, Reply, ScriptedIssuer, Signer, modern_body, modern_headers};

use crate::arguments::Payment;
use crate::client::bare;

const SCOPES: &str = "account:close";

#[tool(scopes = ["account:close"], policy = first_party, toolset = "own")]
fn close_account(ran: State<Ran>) -> String {
    ran.note();
    "closed".to_owned()
}

#[tool(scopes = ["account:close"], policy = first_party, conceal, toolset = "own")]
fn purge_account(ran: State<Ran>) -> String {
    ran.note();
    "purged".to_owned()
}

fn closing(_: &Payment, _: &AuthInfo) -> Requirement {
    Scope::new(SCOPES).into()
}

/// Decided on its arguments, so in the call and not at the gate.
#[tool(authenticated, scopes_for = closing, policy = first_party, toolset = "own")]
fn pay_out(_: Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    "paid".to_owned()
}

fn alice_at_ours(auth: &AuthInfo) -> Result<(), PolicyError> {
    first_party(auth)?;
    match auth.subject() {
        Some("alice") => Ok(()),
        _ => Err(PolicyError::denied("Only Alice.")),
    }
}

#[tool(authenticated, policy = alice_at_ours, toolset = "own")]
fn diary(ran: State<Ran>) -> String {
    ran.note();
    "dear diary".to_owned()
}

/// Asks by itself.
#[tool(authenticated, toolset = "own")]
fn search(ran: State<Ran>, auth: AuthInfo) -> String {
    ran.note();
    let console = auth.is_client(auth.issuer(), "our-console");
    format!("drafts: {}, console: {console}", auth.is_first_party())
}

#[prompt(authenticated, policy = first_party, toolset = "own")]
fn farewell(ran: State<Ran>) -> String {
    ran.note();
    "bye".to_owned()
}

#[resource(uri = "account://audit/{year}", authenticated, policy = first_party, toolset = "own")]
fn audit(year: String, ran: State<Ran>) -> String {
    ran.note();
    year
}

const TOOLS: [&str; 4] = ["close_account", "pay_out", "diary", "search"];

fn server(server: ServerBuilder) -> ServerBuilder {
    let server = bare(server).tools([
        close_account::tool(),
        purge_account::tool(),
        pay_out::tool(),
        diary::tool(),
        search::tool(),
    ]);
    server
        .prompts([farewell::prompt()])
        .mcp_resources([audit::resource()])
}

/// Whose own are `our-console` and `our-webmail`.
async fn lab() -> Lab {
    let provider = AuthorizationServer::builder().start().await;
    let provider = provider.expect("the provider starts");
    let issuer = Issuer::new(provider.issuer());
    let issuer = issuer
        .first_party(["our-console"])
        .first_party(["our-webmail"]);
    Lab::beside(provider, issuer, server).await
}

async fn call(lab: &Lab, token: &str, tool: &str) -> Reply {
    lab.call_with(Some(token), tool, json!({ "amount": 1 }))
        .await
}

/// A refusal that no consent could cure.
#[track_caller]
fn assert_forbidden(reply: &Reply, what: &str) {
    let (status, challenge) = (reply.status.as_u16(), reply.challenge());
    assert_eq!((status, challenge), (403, ""), "{what}: {}", reply.body);
    assert!(
        reply.body.contains("access_denied"),
        "{what}: {}",
        reply.body
    );
}

#[tokio::test]
async fn our_own_applications_may_and_agents_of_others_may_not() {
    let lab = lab().await;
    for client in ["our-console", "our-webmail"] {
        let token = lab.token_of("alice", client, SCOPES);
        // The second time from what is remembered.
        for _ in 0..2 {
            for tool in TOOLS {
                assert_eq!(
                    call(&lab, &token, tool).await.status,
                    200,
                    "{client}, {tool}"
                );
            }
            assert_eq!(call(&lab, &token, "purge_account").await.text(), "purged");
        }
    }
    assert_eq!(lab.ran.reset(), 20);
    for client in [
        "smartmail",
        "Our-console",
        "our-console ",
        "our-consol",
        "*",
    ] {
        let token = lab.token_of("alice", client, SCOPES);
        for _ in 0..2 {
            for tool in ["close_account", "pay_out", "diary"] {
                assert_forbidden(&call(&lab, &token, tool).await, client);
            }
            let text = call(&lab, &token, "search").await.text();
            assert_eq!(text, "drafts: false, console: false", "{client}");
        }
        assert_eq!(lab.ran.reset(), 2, "{client}");
    }
    let token = lab.token_of("alice", "our-webmail", "");
    let text = call(&lab, &token, "search").await.text();
    assert_eq!(text, "drafts: true, console: false");
    let bobs = lab.token_of("bob", "our-console", SCOPES);
    assert_forbidden(
        &call(&lab, &bobs, "diary").await,
        "the other half of the policy",
    );
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn prompts_and_resources_are_decided_alike() {
    let lab = lab().await;
    let get = async |client: &str| {
        let token = lab.token_of("alice", client, "");
        let mut replies = Vec::new();
        for (method, name, value) in [
            ("prompts/get", "name", "farewell"),
            ("resources/read", "uri", "account://audit/2026"),
        ] {
            let request = lab
                .post(Some(&token))
                .headers(modern_headers(method, Some(value)));
            let params = json!({ name: value });
            replies.push(Reply::of(request.body(modern_body(method, params))).await);
        }
        replies
    };
    for reply in get("smartmail").await {
        assert_forbidden(&reply, "an agent of somebody else's");
    }
    assert_eq!(lab.ran.times(), 0);
    for reply in get("our-console").await {
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    assert_eq!(lab.ran.times(), 2);
}

#[tokio::test]
async fn scopes_come_first_and_what_is_concealed_does_not_exist_for_others() {
    let lab = lab().await;
    let narrow = call(
        &lab,
        &lab.token_of("alice", "our-console", ""),
        "close_account",
    )
    .await;
    assert!(
        narrow.challenge().contains(r#"scope="account:close""#),
        "{narrow:?}"
    );
    let token = lab.token_of("alice", "smartmail", SCOPES);
    let concealed = call(&lab, &token, "purge_account").await;
    let unknown = call(&lab, &token, "purge_accounts").await;
    assert_eq!(unknown.error_code(), -32602, "{unknown:?}");
    assert_eq!(
        concealed.body.replace("purge_account", ""),
        unknown.body.replace("purge_accounts", "")
    );
    let listed = async |client| {
        let token = lab.token_of("alice", client, SCOPES);
        let list = lab.ask(Some(&token), "tools/list", json!({})).await;
        list.body.contains("purge_account")
    };
    assert!(!listed("smartmail").await);
    assert!(listed("our-console").await);
    assert_eq!(lab.ran.times(), 0);
}

/// An id is unique at its issuer alone, and no token without one is anybody's own.
#[tokio::test]
async fn the_same_id_at_another_issuer_is_somebody_else() {
    let key = Signer::es256();
    let (ours, theirs) = (
        ScriptedIssuer::start(&[key.jwk("k")]).await,
        ScriptedIssuer::start(&[key.jwk("k")]).await,
    );
    let lab = Lab::start(|builder| {
        let issuer = Issuer::new(ours.identifier()).first_party(["our-console"]);
        let other = Issuer::new(theirs.identifier()).first_party(["their-console"]);
        server(builder.issuer(issuer).issuer(other))
    })
    .await;
    let token = |issuer: &ScriptedIssuer, changes: Value| {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" });
        let mut claims = json!({
            "iss": issuer.identifier(), "aud": lab.url, "sub": "alice", "scope": SCOPES,
            "exp": 9_999_999_999_u64,
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        key.token(&header, &claims)
    };
    let console = json!({ "client_id": "our-console" });
    for (what, token) in [
        ("their our-console", token(&theirs, console.clone())),
        ("no client", token(&ours, json!({}))),
        (
            "the client in another claim",
            token(&ours, json!({ "azp": "our-console", "cid": "our-console" })),
        ),
        (
            "the client as subject",
            token(&ours, json!({ "sub": "our-console" })),
        ),
        (
            "a claim that says so",
            token(&ours, json!({ "client_id": "x", "first_party": true })),
        ),
        (
            "an actor",
            token(
                &ours,
                json!({ "client_id": "x", "act": { "client_id": "our-console" } }),
            ),
        ),
        (
            "their console at ours",
            token(&ours, json!({ "client_id": "their-console" })),
        ),
    ] {
        assert_forbidden(&call(&lab, &token, "close_account").await, what);
    }
    for odd in [
        json!(["our-console"]),
        json!(""),
        json!(null),
        json!({ "id": "our-console" }),
    ] {
        let token = token(&ours, json!({ "client_id": odd }));
        assert_eq!(
            call(&lab, &token, "close_account").await.status,
            401,
            "{odd}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
    for (issuer, id) in [(&ours, "our-console"), (&theirs, "their-console")] {
        let token = token(issuer, json!({ "client_id": id }));
        assert_eq!(call(&lab, &token, "close_account").await.text(), "closed");
    }
}

#[tokio::test]
async fn introspection_names_the_client_of_an_opaque_token() {
    use mcp_authz::dev::Client;
    let resource_server = Client::first_party("mcp-server", "The server").secret("s3cret");
    let provider = AuthorizationServer::builder()
        .client(resource_server)
        .start()
        .await;
    let provider = provider.expect("the provider starts");
    let issuer = Issuer::new(provider.issuer())
        .introspection(ClientAuth::secret_basic("mcp-server", "s3cret"))
        .first_party(["our-console"]);
    let lab = Lab::beside(provider, issuer, server).await;
    let third = lab.opaque_token_of("alice", "smartmail", SCOPES);
    let own = lab.opaque_token_of("alice", "our-console", SCOPES);
    for _ in 0..2 {
        assert_forbidden(&call(&lab, &third, "close_account").await, "opaque");
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(call(&lab, &own, "close_account").await.text(), "closed");
}

struct Keys;

impl TokenVerifier for Keys {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let caller = AuthInfo::builder("https://mcp.example.com/keys").subject("alice");
        let caller = caller.scopes([Scope::new(SCOPES)]);
        Ok(match token.expose() {
            "nobody" => caller.first_party().build(),
            "our-console" => caller.client_id("our-console").first_party().build(),
            other => caller.client_id(other).build(),
        })
    }
}

#[tokio::test]
async fn a_verifier_of_one_s_own_says_it_itself() {
    let lab = Lab::start(|builder| server(builder.verifier(Keys))).await;
    assert_eq!(
        call(&lab, "our-console", "close_account").await.text(),
        "closed"
    );
    for key in ["smartmail", "nobody"] {
        assert_forbidden(&call(&lab, key, "close_account").await, key);
    }
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn what_is_for_nobody_does_not_start() {
    let with = |issuer: Issuer| {
        let server = bare(Server::builder("s")).resource("https://mcp.example.com/mcp");
        server
            .issuer(issuer)
            .state(Ran::default())
            .tools([close_account::tool()])
    };
    let issuer = || Issuer::new("https://as.example.com");
    for (issuer, why) in [
        (
            issuer(),
            r#"add `.first_party(["client-id"])` to the issuer"#,
        ),
        (issuer().first_party([""]), "have no name"),
        (issuer().first_party(Vec::<String>::new()), "have no name"),
    ] {
        let error = with(issuer)
            .build()
            .await
            .expect_err("it starts")
            .to_string();
        assert!(error.contains(why) && !error.contains("State"), "{error}");
    }
    let rules = Rules::new().tool("close_account", Rule::authenticated().first_party());
    let authz = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer(issuer());
    let error = authz
        .protect(Nothing, rules)
        .build()
        .await
        .expect_err("it starts");
    assert!(error.to_string().contains("first-party clients"), "{error}");
}

/// Offers nothing.
#[derive(Clone)]
struct Nothing;

impl mcp_authz::rmcp::ServerHandler for Nothing {}
