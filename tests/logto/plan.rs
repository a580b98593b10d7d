//! What a server's tenant lacks: shown, made, and not made twice.

use mcp_authz::logto::{NewRole, Plan, Provisioning};
use mcp_authz::rmcp::{self, ServerHandler, tool_handler, tool_router};
use mcp_authz::{AuthInfo, Authz, Issuer, Json, Rules, Server, scopes, tool};
use support::Logto;

use crate::{agent, tenant};

const MCP: &str = "https://mcp.example.com/mcp";

/// Return the identity claims that the person agreed to share.
#[tool(scopes = ["profile", "email"])]
fn whoami(auth: AuthInfo) -> Json<mcp_authz::Claims> {
    Json(auth.consented_claims())
}

/// Send a mail in the person's name. It is on its way at once.
#[tool(scopes = ["mail:send"])]
fn send_mail() {}

/// Send a mail at another time.
#[tool(scopes = ["mail:send", "mail:plan"])]
fn send_later() {}

#[tool(scopes = ["quiet"])]
fn undocumented() {}

/// Say hello to anybody who is known.
#[tool(authenticated)]
fn hello() {}

pub(crate) async fn server(logto: &Logto) -> Server {
    let tools = [
        whoami::tool(),
        send_mail::tool(),
        send_later::tool(),
        undocumented::tool(),
        hello::tool(),
    ];
    let server = Server::builder("mail").resource(MCP).tools(tools);
    server
        .issuer(Issuer::logto(logto.endpoint()))
        .build()
        .await
        .unwrap()
}

/// A server of the same tools, whose callers another issuer vouches for.
pub(crate) async fn send_mail_server(issuer: Issuer) -> Server {
    send_mail_server_at(MCP, issuer).await
}

/// The same somewhere else.
pub(crate) async fn send_mail_server_at(resource: &str, issuer: Issuer) -> Server {
    let tools = [whoami::tool(), send_mail::tool()];
    let server = Server::builder("mail").resource(resource).tools(tools);
    server.issuer(issuer).build().await.unwrap()
}

/// What is printed, without the line that names the tenant.
pub(crate) fn shown(plan: &Plan) -> String {
    let printed = plan.to_string();
    let (first, rest) = printed.split_once('\n').expect("several lines");
    assert!(
        first.ends_with(" for mail, https://mcp.example.com/mcp"),
        "{first}"
    );
    rest.to_owned()
}

#[tokio::test]
async fn an_empty_tenant_gets_what_the_server_asks_for_and_then_lacks_nothing() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let before = logto.changes();
    let wanted = Provisioning::of(server(&logto).await.manifest())
        .scope("mail:archive", "Archive your mail")
        .third_party_app_with(&app, ["email", "mail:send"]);
    let plan = wanted.plan(&client).await.unwrap();
    assert_eq!(logto.changes(), before, "to plan changes nothing");
    let expected = format!(
        r#"+ API resource https://mcp.example.com/mcp
+   scope email "See your e-mail address"
+   scope mail:archive "Archive your mail"
+   scope mail:plan "Send a mail at another time."
+   scope mail:send "Send a mail at another time. Send a mail in the person's name."
+   scope profile "See your profile: your name, user name, picture and the like"
+   scope quiet
+ role "mail user" with email mail:archive mail:plan mail:send profile quiet
+ token customizer: tokens for this server carry the claims of the granted scopes
  third-party app "SmartMail" ({app})
+   may ask for email mail:send
+   may ask for the user scopes email
"#
    );
    assert_eq!(shown(&plan), expected);
    plan.apply(&client).await.unwrap();

    let resources = client.resources().await.unwrap();
    let resource = resources
        .iter()
        .find(|one| one.indicator == MCP)
        .expect("it is there");
    assert_eq!(resource.name, "mail");
    let scopes = client.resource_scopes(&resource.id).await.unwrap();
    assert_eq!(scopes.len(), 6);
    let roles = client.roles().await.unwrap();
    let role = roles
        .iter()
        .find(|role| role.name == "mail user")
        .expect("it is there");
    assert!(!role.is_default, "nobody asked for that");
    assert_eq!(client.role_scopes(&role.id).await.unwrap().len(), 6);
    let allowed = client.consent_scopes(&app).await.unwrap();
    assert_eq!(allowed.of_resource(MCP).count(), 2);
    assert_eq!(allowed.user_scopes, ["email"]);

    let changes = logto.changes();
    let plan = wanted.plan(&client).await.unwrap();
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(
        (plan.len(), shown(&plan).as_str()),
        (0, "nothing is missing\n")
    );
    plan.apply(&client).await.unwrap();
    assert_eq!(logto.changes(), changes, "an empty plan changes nothing");
}

#[tokio::test]
async fn what_is_there_is_named_and_only_the_rest_is_made() {
    let (logto, client) = tenant().await;
    let server = server(&logto).await;
    let wanted = Provisioning::of(server.manifest()).role("people");
    wanted
        .plan(&client)
        .await
        .unwrap()
        .apply(&client)
        .await
        .unwrap();
    let alice = logto.sign_up("alice");
    let bob = logto.sign_up("bob");
    let more = wanted
        .scope("mail:archive", "Archive your mail")
        .default_role()
        .assign_role_to([&alice, &alice]);
    let plan = more.plan(&client).await.unwrap();
    let expected = format!(
        "  API resource https://mcp.example.com/mcp
+   scope mail:archive \"Archive your mail\"
  role \"people\"
+   holds mail:archive
~   for everybody who signs up from now on
+   for the person {alice:?}
"
    );
    assert_eq!(shown(&plan), expected);
    plan.apply(&client).await.unwrap();
    assert_eq!(logto.roles_of(&alice), ["people"]);
    assert!(logto.roles_of(&bob).is_empty());
    let dave = logto.sign_up("dave");
    assert_eq!(logto.roles_of(&dave), ["people"]);

    let everybody = more.assign_role_to_everybody();
    let plan = everybody.plan(&client).await.unwrap();
    assert_eq!(
        shown(&plan),
        format!("  role \"people\"\n+   for the person {bob:?}\n")
    );
    plan.apply(&client).await.unwrap();
    assert!(everybody.plan(&client).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_new_role_can_be_everybody_s_from_the_start() {
    let (logto, client) = tenant().await;
    let people: Vec<_> = (0..25)
        .map(|n| logto.sign_up(&format!("user{n}")))
        .collect();
    let wanted = Provisioning::of(server(&logto).await.manifest())
        .default_role()
        .assign_role_to_everybody()
        .metadata_documents(["mail:send"]);
    let plan = wanted.plan(&client).await.unwrap();
    let printed = shown(&plan);
    for line in [
        "+   for everybody who signs up from now on\n",
        "+   for 25 people who have signed up\n",
        "~ agents with a client ID metadata document are let in\n",
        "  agents with a client ID metadata document\n+   may ask for mail:send\n",
    ] {
        assert!(printed.contains(line), "{line:?} is not in {printed}");
    }
    plan.apply(&client).await.unwrap();
    assert!(
        people
            .iter()
            .all(|one| logto.roles_of(one) == ["mail user"])
    );
    assert!(client.metadata_documents_enabled().await.unwrap());
    assert!(wanted.plan(&client).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_scope_of_the_same_name_elsewhere_is_another_scope() {
    let (logto, client) = tenant().await;
    let (_, scopes) = crate::resource(&client, &["mail:send"]).await;
    let other = scopes[0].id.clone();
    client
        .create_role(&NewRole::new("other user", "d").scopes([&other]))
        .await
        .unwrap();
    let server = Server::builder("other").resource("https://other.example/mcp");
    let server = server
        .issuer(Issuer::logto(logto.endpoint()))
        .tools([send_mail::tool()]);
    let server = server.build().await.unwrap();
    let wanted = Provisioning::of(server.manifest());
    let plan = wanted.plan(&client).await.unwrap();
    assert!(plan.to_string().contains("+   holds mail:send"), "{plan}");
    plan.apply(&client).await.unwrap();
    assert!(wanted.plan(&client).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_servers_share_a_tenant() {
    let (logto, client) = tenant().await;
    for resource in ["https://a.example/mcp", "https://b.example/mcp"] {
        let server = Server::builder(resource)
            .resource(resource)
            .tools([whoami::tool()]);
        let server = server
            .issuer(Issuer::logto(logto.endpoint()))
            .build()
            .await
            .unwrap();
        let wanted = Provisioning::of(server.manifest());
        wanted
            .plan(&client)
            .await
            .unwrap()
            .apply(&client)
            .await
            .unwrap();
        assert!(wanted.plan(&client).await.unwrap().is_empty());
    }
    let set = client.token_customizer().await.unwrap().unwrap();
    let servers = &set.environment_variables["MCP_AUTHZ_SERVERS"];
    assert_eq!(servers, "https://a.example/mcp https://b.example/mcp");
}

#[derive(Clone)]
struct Notes;

#[tool_router]
impl Notes {
    /// List your notes. Newest first.
    #[rmcp::tool]
    fn list(&self) -> String {
        String::new()
    }
}

#[tool_handler(name = "notes", version = "1.0.0")]
impl ServerHandler for Notes {}

#[tokio::test]
async fn a_handler_that_is_guarded_by_rules_is_provisioned_from_its_own_words() {
    let (logto, client) = tenant().await;
    let authz = Authz::new()
        .resource(MCP)
        .issuer(Issuer::logto(logto.endpoint()));
    let rules = Rules::new().tool("list", scopes!["notes:read"]);
    let server = authz.protect(Notes, rules).build().await.unwrap();
    let plan = Provisioning::of(server.manifest())
        .plan(&client)
        .await
        .unwrap();
    let printed = plan.to_string();
    assert!(
        printed.contains(r#"+   scope notes:read "List your notes.""#),
        "{printed}"
    );
    assert!(!printed.contains("token customizer"), "{printed}");
}
