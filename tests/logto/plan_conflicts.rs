//! What stands against a plan, and what a plan leaves alone.

use mcp_authz::logto::{Error, Provisioning, TokenCustomizer};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{self, ErrorData, RoleServer, ServerHandler, tool_handler, tool_router};
use mcp_authz::{Authz, Issuer, Rule, Rules, Scope, scopes};

use crate::plan::{server, shown};
use crate::{refusal, resource, tenant};

#[tokio::test]
async fn a_plan_that_stands_against_the_tenant_changes_nothing() {
    let (logto, client) = tenant().await;
    let own = logto.first_party_app("Ours");
    let theirs = TokenCustomizer::new("const getCustomJwtClaims = async () => ({ theirs: 1 });");
    client.set_token_customizer(&theirs).await.unwrap();
    let wanted = Provisioning::of(server(&logto).await.manifest())
        .role("Logto Management API access")
        .scope("two words", "")
        .scope("openid", "")
        .third_party_app(&own)
        .third_party_app("nobody")
        .metadata_documents(["mail:delete"])
        .assign_role_to(["nobody"]);
    let plan = wanted.plan(&client).await.unwrap();
    let changes = logto.changes();
    let told = plan.problems().join("\n");
    for problem in [
        r#"scope "two words": it is no scope"#,
        r#"scope "openid": it is no scope of an API"#,
        "is not one for people",
        "a token customizer of its own",
        "is not a third-party one",
        r#"there is no application with the id "nobody""#,
        r#""mail:delete", which is no scope of the server"#,
    ] {
        assert!(told.contains(problem), "{problem:?} is not in {told}");
    }
    assert!(!plan.is_empty());
    assert!(shown(&plan).contains("\n! "), "{plan}");
    let Err(Error::Conflict(problems)) = plan.apply(&client).await else {
        panic!("it was applied")
    };
    assert_eq!(problems, plan.problems());
    assert_eq!(logto.changes(), changes);
    assert_eq!(
        client.token_customizer().await.unwrap(),
        Some(theirs.clone())
    );

    let wanted = Provisioning::of(server(&logto).await.manifest()).assign_role_to(["nobody"]);
    let plan = wanted
        .without_token_customizer()
        .plan(&client)
        .await
        .unwrap();
    assert_eq!(
        plan.problems(),
        [r#"nobody has the id "nobody" (it is `sub` of their tokens)"#]
    );
    let wanted = Provisioning::of(server(&logto).await.manifest()).without_token_customizer();
    wanted
        .plan(&client)
        .await
        .unwrap()
        .apply(&client)
        .await
        .unwrap();
    assert_eq!(client.token_customizer().await.unwrap(), Some(theirs));
}

#[tokio::test]
async fn words_that_somebody_wrote_stay_unless_asked_for() {
    let (logto, client) = tenant().await;
    let (id, _) = resource(&client, &["mail:send", "unasked"]).await;
    let quiet = Scope::new("mail:plan");
    client.create_resource_scope(&id, &quiet, "").await.unwrap();
    let wanted = Provisioning::of(server(&logto).await.manifest()).without_token_customizer();
    let plan = wanted.plan(&client).await.unwrap();
    let printed = shown(&plan);
    for line in [
        "~   scope mail:plan \"Send a mail at another time.\"\n",
        "# scope \"mail:send\" keeps its description \"Something\"; the server says \"Send a mail at another time. Send",
        "# scope \"unasked\" is there, and the server does not ask for it\n",
    ] {
        assert!(printed.contains(line), "{line:?} is not in {printed}");
    }
    plan.apply(&client).await.unwrap();
    let description = async |name: &str| {
        let scopes = client.resource_scopes(&id).await.unwrap().into_iter();
        let mut found = scopes.filter(|scope| scope.name == name);
        found
            .next()
            .and_then(|scope| scope.description)
            .unwrap_or_default()
    };
    assert_eq!(description("mail:send").await, "Something");
    assert_eq!(
        description("mail:plan").await,
        "Send a mail at another time."
    );
    assert!(wanted.plan(&client).await.unwrap().is_empty());

    let reworded = wanted.reword_scopes();
    let plan = reworded.plan(&client).await.unwrap();
    assert!(
        shown(&plan).contains("~   scope mail:send \"Something\" -> \"Send a"),
        "{plan}"
    );
    plan.apply(&client).await.unwrap();
    assert!(description("mail:send").await.starts_with("Send a mail"));
    assert!(reworded.plan(&client).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_that_breaks_off_is_taken_up_and_nothing_is_ever_deleted() {
    let (logto, client) = tenant().await;
    let wanted = Provisioning::of(server(&logto).await.manifest());
    for call in [
        "POST /api/resources",
        "POST /api/roles",
        "PUT /api/configs/jwt-customizer/access-token",
    ] {
        logto.fail(call, 500, None, 1);
        let plan = wanted.plan(&client).await.unwrap();
        assert_eq!(refusal(plan.apply(&client).await).0, 500, "{call}");
    }
    let plan = wanted.plan(&client).await.unwrap();
    assert_eq!(plan.len(), 1, "{plan}");
    plan.apply(&client).await.unwrap();
    assert!(wanted.plan(&client).await.unwrap().is_empty());
    assert_eq!(logto.asked("POST /api/roles"), 2);
    let listed = logto.look("/api/roles");
    assert_eq!(listed.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_old_plan_makes_nothing_twice() {
    let (logto, client) = tenant().await;
    let wanted = Provisioning::of(server(&logto).await.manifest());
    let [first, second] = [
        wanted.plan(&client).await.unwrap(),
        wanted.plan(&client).await.unwrap(),
    ];
    first.apply(&client).await.unwrap();
    let outcome = refusal(second.apply(&client).await);
    assert_eq!(outcome, (422, "resource.resource_identifier_in_use".into()));
    assert!(wanted.plan(&client).await.unwrap().is_empty());
}

/// Files, of which nobody knows in advance who may read which.
struct Files;

#[tool_router]
impl Files {
    /// Open a file.
    #[rmcp::tool]
    fn open(&self) -> String {
        String::new()
    }
}

#[tool_handler(name = "files", version = "1.0.0")]
impl ServerHandler for Files {
    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("file:///{folder}/x", "file");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        ServerConfig::new(capabilities.enable_tools().enable_resources().build())
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_said() {
    let (logto, client) = tenant().await;
    let open = Rule::from(scopes!["files"]).scopes_for(|_, _| Scope::new("files:any").into());
    let names = "name those scopes with `.scope(..)`";
    for (open, how) in [
        (open.clone(), format!("{names}\n")),
        // What is added is everybody's.
        (open.conceal(), format!("{names}, and what everybody may")),
    ] {
        let rules = Rules::new().tool("open", open);
        let rules = rules.resource("file:///{folder}/x", scopes!["files:{folder}"]);
        let authz = Authz::new().resource("https://mcp.example.com/mcp");
        let authz = authz.issuer(Issuer::logto(logto.endpoint()));
        let server = authz.protect(Files, rules).build().await.unwrap();
        let wanted = Provisioning::of(server.manifest());
        let plan = wanted.plan(&client).await.unwrap();
        let printed = plan.to_string();
        for line in [
            "+   scope files \"Open a file.\"\n",
            "# scope \"files:{folder}\" is left out: its name has a variable",
            &format!("# tool \"open\" asks for more by its arguments: {how}"),
        ] {
            assert!(printed.contains(line), "{line:?} is not in {printed}");
        }
        assert!(!printed.contains("+   scope files:"), "{printed}");
    }
}
