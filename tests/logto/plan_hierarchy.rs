//! A scope that includes one which is not for everybody is not for everybody either.

use mcp_authz::logto::Provisioning;
use mcp_authz::{Hierarchy, Issuer, Server, first_party, tool};
use support::Logto;

use crate::plan::shown;
use crate::{agent, tenant};

const MCP: &str = "https://mcp.example.com/mcp";

/// Read the person's mail.
#[tool(scopes = ["mail:read"])]
fn read() {}

/// Move mail to another folder.
#[tool(scopes = ["mail:write"])]
fn move_mail() {}

/// Answer for all mail of a company.
#[tool(scopes = ["mail:admin"])]
fn administer() {}

/// Read somebody else's mail, for an investigation.
#[tool(scopes = ["mail:audit"], conceal)]
fn audit() {}

/// Delete the account.
#[tool(scopes = ["account:delete"], policy = first_party)]
fn delete_account() {}

async fn server(logto: &Logto) -> Server {
    let includes = Hierarchy::new()
        .includes("mail:write", ["mail:read"])
        .includes("mail:admin", ["mail:write", "mail:oversight"])
        .includes("mail:oversight", ["mail:audit"])
        .includes("everything", ["mail:admin", "account:delete"]);
    let issuer = Issuer::logto(logto.endpoint()).first_party(["our-webmail"]);
    Server::builder("mail")
        .resource(MCP)
        .issuer(issuer)
        .hierarchy(includes)
        .tools([
            read::tool(),
            move_mail::tool(),
            administer::tool(),
            audit::tool(),
            delete_account::tool(),
        ])
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn what_includes_something_kept_back_is_kept_back_at_any_distance() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let wanted = Provisioning::of(server(&logto).await.manifest())
        // No tool asks for it, and yet it opens all.
        .scope("everything", "Do everything")
        .scope("mail:print", "Print mail")
        .default_role()
        .third_party_app(&app);
    let plan = shown(&wanted.plan(&client).await.unwrap());
    for line in [
        "+ role \"mail user\" with mail:print mail:read mail:write\n",
        "+   may ask for mail:print mail:read mail:write\n",
        "+   scope everything \"Do everything\"\n",
        "# scope \"everything\" is left out of the role, and no agent may ask for it: it includes \
         \"account:delete\" \"mail:audit\"; hand it out by `.role_scopes([..])`, and to an agent by \
         `.third_party_app_with(..)`\n",
        "# scope \"mail:admin\" is left out of the role, and no agent may ask for it: it includes \
         \"mail:audit\"; hand",
        "# scope \"mail:audit\" is left out of the role, and no agent may ask for it: it is asked for \
         by tool \"audit\" (concealed) alone; hand",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    // Of what the tenant is not to have, nothing is said.
    assert!(!plan.contains("mail:oversight"), "{plan}");
}

#[tokio::test]
async fn it_is_handed_out_where_it_is_named() {
    let (logto, client) = tenant().await;
    let app = agent(&client).await;
    let wanted = Provisioning::of(server(&logto).await.manifest())
        .role_scopes(["mail:admin"])
        .third_party_app_with(&app, ["mail:admin"]);
    let plan = shown(&wanted.plan(&client).await.unwrap());
    assert!(plan.contains("with mail:admin\n"), "{plan}");
    assert!(plan.contains("may ask for mail:admin\n"), "{plan}");
    assert!(!plan.contains("left out"), "{plan}");
}
