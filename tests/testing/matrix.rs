//! `assert_matrix!`: it passes where list and call agree, runs nothing, and fails where they do not.

use mcp_authz::testing::{Matrix, assert_matrix};
use mcp_authz::{AuthInfo, PolicyError, Rule, Rules, Server, resource, tool};
use support::Ran;

use crate::{mail, only, sly};

#[tokio::test]
async fn every_item_by_every_set_of_scopes_and_nothing_runs() {
    let ran = Ran::default();
    let tried = assert_matrix!(mail(&ran));
    assert_eq!(ran.times(), 0);
    let folder = "\
resource mail://folders/{folder} needs mail:{folder}:read
  no token             401 unauthorized
  no scope             403 insufficient_scope
  mail:1:read  listed  may
";
    assert!(tried.to_string().contains(folder), "{tried}");
    assert_eq!(tried.items.len(), 4);
}

#[tokio::test]
async fn with_arguments_the_function_runs_and_what_it_refuses_is_a_disagreement() {
    let ran = Ran::default();
    let tried = assert_matrix!(mail(&ran), "send" => { "to": "bob" });
    assert!(ran.times() > 0);
    let send = tried.items.iter().find(|item| item.name == "send").unwrap();
    assert!(send.by.iter().any(|trial| trial.refused.is_none()));

    let server = || only(sly::tool()).state(Ran::default());
    assert_matrix!(server());
    let tried = Matrix::of(server())
        .arguments("sly", json::json!({}))
        .run()
        .await
        .unwrap();
    let wrong = tried.disagreements();
    assert_eq!(
        wrong,
        ["tool sly, with mail:read: listed, and refused: 403 insufficient_scope"]
    );
}

#[tokio::test]
async fn arguments_that_are_none_are_told() {
    let ran = Ran::default();
    let matrix = Matrix::of(mail(&ran)).arguments("send", json::json!({ "two": 1 }));
    let wrong = matrix.run().await.unwrap().disagreements();
    let all = "tool send, with mail:read mail:send: listed, and refused: error -32602";
    assert!(wrong.contains(&all.to_owned()), "{wrong:?}");
    assert_eq!(ran.times(), 0);
}

/// A tool that comes to a server changes nothing of what a review has seen of the others.
#[tokio::test]
async fn what_is_printed_of_an_item_is_about_that_item() {
    let printed = async |server| assert_matrix!(server).to_string();
    let alone = printed(only(reset::tool())).await;
    let more = printed(only(reset::tool()).tool(hello_reader::tool())).await;
    assert!(more.contains(&alone), "{more}");
    let of_the_other = "\
tool hello_reader needs mail:read
  no token           401 unauthorized
  no scope           403 insufficient_scope
  mail:read  listed  may
";
    assert!(more.contains(of_the_other), "{more}");
}

/// For readers.
#[tool(scopes = ["mail:read"])]
fn hello_reader() {}

async fn of_our_tenant(auth: &AuthInfo) -> Result<(), PolicyError> {
    match auth.claims().get("tenant").and_then(json::Value::as_str) {
        Some("ours") => Ok(()),
        _ => Err(PolicyError::denied("Not your tenant.")),
    }
}

/// What scopes cannot say.
#[tool(scopes = ["admin"], policy = of_our_tenant, acr_values = ["mfa"], conceal)]
fn reset() {}

#[tokio::test]
async fn a_person_who_meets_a_policy_is_one_that_the_test_describes() {
    let server = || only(reset::tool());
    let nobody_may = assert_matrix!(server());
    let trials = |tried: &mcp_authz::testing::Tried| tried.items[0].by.clone();
    assert!(
        trials(&nobody_may)
            .iter()
            .all(|trial| trial.refused.is_some())
    );
    let matrix = Matrix::of(server())
        .scopes(["admin", "more"])
        .person(|person| person.claim("tenant", "ours").claim("acr", "mfa"));
    let tried = matrix.run().await.unwrap();
    assert!(tried.disagreements().is_empty(), "{tried}");
    let expected = "\
tool reset needs admin, signed in by mfa, policy, concealed
  no token          401 unauthorized
  no scope          unknown (-32602)
  admin     listed  may
";
    assert_eq!(tried.to_string(), expected);
}

#[tokio::test]
async fn rules_that_depend_on_arguments_are_left_open_until_there_are_some() {
    use mcp_authz::rmcp::{self, ServerHandler, tool, tool_handler, tool_router};
    use mcp_authz::{Authz, Requirement, Scope, scopes};
    struct Bank;
    #[tool_router]
    impl Bank {
        #[tool(description = "Pays.")]
        fn pay(&self) {}
    }
    #[tool_handler]
    impl ServerHandler for Bank {}
    let by_amount = |arguments: &rmcp::model::JsonObject, _: &AuthInfo| -> Requirement {
        match arguments.get("amount").and_then(json::Value::as_u64) {
            Some(..=100) => Scope::new("pay").into(),
            _ => Scope::new("pay:any").into(),
        }
    };
    let rules = || Rules::new().tool("pay", Rule::from(scopes!["pay"]).scopes_for(by_amount));
    assert_matrix!(Authz::new().protect(Bank, rules()));
    let tried = assert_matrix!(Authz::new().protect(Bank, rules()), "pay" => { "amount": 5 });
    let with_pay = tried.items[0]
        .by
        .iter()
        .find(|trial| trial.caller == "pay")
        .unwrap();
    assert_eq!(with_pay.refused, None);
}

/// For everybody.
#[tool(anonymous)]
fn hello() {}

/// For whoever signs in.
#[tool(authenticated)]
fn me() {}

/// A note, by its number.
#[resource(uri = "notes://{owner}/{number}", scopes = ["notes:{owner}"])]
fn note(owner: String, number: u32) -> String {
    panic!("the matrix reads no note {number} of {owner}")
}

#[tokio::test]
async fn anonymous_tools_and_uris_of_one_s_own() {
    let server = || {
        let server = Server::builder("x").tools([hello::tool(), me::tool()]);
        let server = server.prompts([]).mcp_resources([note::resource()]);
        server.allow_anonymous()
    };
    let tried = assert_matrix!(server(), "notes://{owner}/{number}" => "notes://alice/7");
    let expected = "\
tool hello needs anonymous
  no token  listed  may
  no scope  listed  may
tool me needs authenticated
  no token          401 unauthorized
  no scope  listed  may
resource notes://{owner}/{number} needs notes:{owner}
  no token             401 unauthorized
  no scope             403 insufficient_scope
  notes:alice  listed  may
";
    assert_eq!(tried.to_string(), expected);
    // Any number that is none is left open: some URI could pass.
    assert_matrix!(server());
}

#[tokio::test]
async fn what_a_handler_does_not_list_is_not_missed_in_the_list() {
    use mcp_authz::rmcp::model::{
        ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ServerCapabilities, ServerConfig,
    };
    use mcp_authz::rmcp::service::RequestContext;
    use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
    use mcp_authz::{Authz, scopes};
    struct Files;
    impl ServerHandler for Files {
        fn get_info(&self) -> ServerConfig {
            ServerConfig::new(ServerCapabilities::builder().enable_resources().build())
        }
        async fn list_resources(
            &self,
            _: Option<PaginatedRequestParams>,
            _: RequestContext<RoleServer>,
        ) -> Result<ListResourcesResult, ErrorData> {
            Ok(ListResourcesResult::default())
        }
        async fn read_resource(
            &self,
            _: ReadResourceRequestParams,
            _: RequestContext<RoleServer>,
        ) -> Result<ReadResourceResponse, ErrorData> {
            panic!("the matrix reads nothing")
        }
    }
    let rules = Rules::new().unlisted_resource("file:///secret", scopes!["files"]);
    let tried = assert_matrix!(Authz::new().protect(Files, rules));
    let trials = &tried.items[0].by;
    assert_eq!(
        trials
            .iter()
            .filter(|trial| trial.refused.is_none())
            .count(),
        1,
        "{tried}"
    );
}
