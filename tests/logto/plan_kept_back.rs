//! What a plan hands out to nobody unless it is named: a scope of what is hidden, or for the operator's own
//! applications.

use std::collections::BTreeSet;

use mcp_authz::logto::{Management, NewRole, Provisioning};
use mcp_authz::{Issuer, Scope, Server, first_party, tool};
use support::Logto;

use crate::plan::shown;
use crate::{agent, tenant};

const MCP: &str = "https://mcp.example.com/mcp";
const READ: Scope = Scope::new("mail:read");
const SEND: Scope = Scope::new("mail:send").described("Send mail in your name");

/// Read the person's mail.
#[tool(scopes = [READ])]
fn read() {}

/// Send a mail to a list of people, one by one.
#[tool(scopes = [SEND])]
fn send_to_all() {}

/// Read somebody else's mail, for an investigation.
#[tool(scopes = [READ, "mail:audit"], conceal)]
fn audit() {}

/// Delete the account.
#[tool(scopes = ["account:delete"], policy = first_party)]
fn delete_account() {}

async fn server(logto: &Logto) -> Server {
    let tools = [
        read::tool(),
        send_to_all::tool(),
        audit::tool(),
        delete_account::tool(),
    ];
    let issuer = Issuer::logto(logto.endpoint()).first_party(["our-webmail"]);
    let server = Server::builder("mail").resource(MCP).tools(tools);
    server.issuer(issuer).build().await.unwrap()
}

/// The names of the scopes that a role holds.
async fn held(client: &Management, role: &str) -> BTreeSet<String> {
    let mut roles = client.roles().await.unwrap().into_iter();
    let role = roles.find(|one| one.name == role).expect("it is there");
    let scopes = client.role_scopes(&role.id).await.unwrap().into_iter();
    scopes.map(|scope| scope.name).collect()
}

/// The names of the scopes of the server that an agent may ask for.
async fn listed(client: &Management, app: &str) -> BTreeSet<String> {
    let allowed = client.consent_scopes(app).await.unwrap();
    let scopes = allowed.of_resource(MCP);
    scopes.map(|scope| scope.name.clone()).collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_concealed_or_first_party_is_in_nobody_s_hands_and_the_plan_says_so() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let wanted = Provisioning::of(server(&logto).await.manifest())
        .default_role()
        .assign_role_to_everybody()
        .third_party_app(&app);
    let plan = wanted.plan(&client).await.unwrap();
    let expected = format!(
        r#"+ API resource https://mcp.example.com/mcp
+   scope account:delete "Delete the account."
+   scope mail:audit "Read somebody else's mail, for an investigation."
+   scope mail:read "Read the person's mail."
+   scope mail:send "Send mail in your name"
+ role "mail user" with mail:read mail:send
+   for everybody who signs up from now on
  third-party app "SmartMail" ({app})
+   may ask for mail:read mail:send
# scope "account:delete" is left out of the role, and no agent may ask for it: it is asked for by tool "delete_account" (for first-party clients) alone; hand it out by `.role_scopes([..])`, and to an agent by `.third_party_app_with(..)`
# scope "mail:audit" is left out of the role, and no agent may ask for it: it is asked for by tool "audit" (concealed) alone; hand it out by `.role_scopes([..])`, and to an agent by `.third_party_app_with(..)`
"#
    );
    assert_eq!(shown(&plan), expected);
    plan.apply(&client).await.unwrap();
    assert_eq!(
        held(&client, "mail user").await,
        names(["mail:read", "mail:send"])
    );
    assert_eq!(
        listed(&client, &app).await,
        names(["mail:read", "mail:send"])
    );

    // To say it in other words is not to hand it out.
    let reworded = wanted.clone().scope("mail:audit", "Read all mail");
    let plan = reworded.plan(&client).await.unwrap();
    assert!(
        plan.is_empty() && plan.to_string().contains("mail:audit"),
        "{plan}"
    );
}

#[tokio::test]
async fn it_is_handed_out_where_it_is_named() {
    let (logto, client) = tenant().await;
    let (app, carol) = (agent(&client).await, logto.sign_up("carol"));
    let server = server(&logto).await;
    let everybody = Provisioning::of(server.manifest())
        .role_scopes(["mail:read"])
        .default_role()
        .third_party_app_with(&app, ["mail:read", "mail:audit"]);
    let plan = everybody.plan(&client).await.unwrap();
    assert!(!plan.to_string().contains('#'), "{plan}");
    plan.apply(&client).await.unwrap();
    assert_eq!(held(&client, "mail user").await, names(["mail:read"]));
    assert_eq!(
        listed(&client, &app).await,
        names(["mail:read", "mail:audit"])
    );

    let auditors = Provisioning::of(server.manifest())
        .role("auditor")
        .role_scopes(["mail:audit"])
        .assign_role_to([&carol]);
    auditors
        .plan(&client)
        .await
        .unwrap()
        .apply(&client)
        .await
        .unwrap();
    assert_eq!(held(&client, "auditor").await, names(["mail:audit"]));
    assert_eq!(logto.roles_of(&carol), ["auditor"]);
    for wanted in [everybody, auditors] {
        let plan = wanted.plan(&client).await.unwrap();
        assert!(plan.is_empty(), "{plan}");
    }
}

/// Nothing is taken from anybody, but nothing stays unsaid.
#[tokio::test]
async fn what_was_handed_out_before_is_told() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let wanted = Provisioning::of(server(&logto).await.manifest());
    let too_much = wanted
        .clone()
        .role_scopes(["mail:read", "mail:audit"])
        .third_party_app_with(&app, ["mail:audit"]);
    too_much
        .plan(&client)
        .await
        .unwrap()
        .apply(&client)
        .await
        .unwrap();
    let changes = logto.changes();
    let plan = wanted.third_party_app(&app).plan(&client).await.unwrap();
    let printed = plan.to_string();
    for note in [
        "# the role \"mail user\" holds mail:audit besides, which stays: take it out",
        "# the third-party app \"SmartMail\" may ask for mail:audit besides, which stays: take it out",
    ] {
        assert!(printed.contains(note), "{note}: {printed}");
    }
    plan.apply(&client).await.unwrap();
    assert_eq!(
        held(&client, "mail user").await,
        names(["mail:read", "mail:audit", "mail:send"])
    );
    assert!(logto.changes() > changes);
}

#[tokio::test]
async fn a_role_of_scopes_that_there_are_not_is_a_problem() {
    let (logto, client) = tenant().await;
    let wanted = Provisioning::of(server(&logto).await.manifest());
    for role in [None, Some("mail user")] {
        if let Some(role) = role {
            let role = NewRole::new(role, "as it was");
            client.create_role(&role).await.unwrap();
        }
        let changes = logto.changes();
        let plan = wanted.clone().role_scopes(["mail:audits"]);
        let plan = plan.plan(&client).await.unwrap();
        let problem = "the role is to hold \"mail:audits\", which is no scope of the server";
        assert_eq!(plan.problems(), [problem]);
        plan.apply(&client).await.unwrap_err();
        assert_eq!(logto.changes(), changes);
    }
}
