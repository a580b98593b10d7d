//! A server of rmcp's own kind behind the gate, with a prompt and resources: agents on three SDKs get
//! the one, and step up for the others.

use std::future::pending;

use json::json;
use mcp_authz::dev::AuthorizationServer;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Authz, Rules, scopes};
use support::{Agent, Errand, Event, Person, Ran, Registration, Revision, Step, have};
use tokio::net::TcpListener;

type Context = RequestContext<RoleServer>;

/// Notes by the day.
struct Shelf(Ran);

/// Today's is listed; the others are known to whoever knows the day.
const TODAY: &str = "notes://today";
const MONDAY: &str = "notes://days/monday";
const DAYS: &str = "notes://days/{day}";

impl ServerHandler for Shelf {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("shelf", "1.0.0"))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = Prompt::new("summarize", Some("Sum up the notes"), None);
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        _: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.0.note();
        let message = PromptMessage::new_text(Role::User, "Sum up my notes.");
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let today = Resource::new(TODAY, "today");
        Ok(ListResourcesResult::with_all_items(vec![today]))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let days = ResourceTemplate::new(DAYS, "days");
        Ok(ListResourceTemplatesResult::with_all_items(vec![days]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.0.note();
        let text = format!("The notes at {}.", request.uri);
        let contents = ResourceContents::text(text, request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}

#[tokio::test]
async fn rmcp_gets_a_prompt_and_steps_up_for_resources() -> support::Result<()> {
    visit(Agent::Rmcp).await
}

#[tokio::test]
async fn typescript_gets_a_prompt_and_steps_up_for_resources() -> support::Result<()> {
    visit(Agent::TypeScript).await
}

#[tokio::test]
async fn python_gets_a_prompt_and_steps_up_for_resources() -> support::Result<()> {
    visit(Agent::Python).await
}

async fn visit(agent: Agent) -> support::Result<()> {
    if !have(agent.needs()).await {
        return Ok(());
    }
    let provider = AuthorizationServer::builder()
        .scope("notes:read", "Read today's notes")
        .scope("notes:monday:read", "Read the notes of Monday")
        .start()
        .await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let ran = Ran::default();
    let rules = Rules::new()
        .prompt("summarize", scopes!["profile"])
        .resource(TODAY, scopes!["notes:read"])
        .resource(DAYS, scopes!["notes:{day}:read"]);
    let server = Authz::new()
        .resource(&url)
        .issuer(provider.issuer())
        .initial_scopes(["profile"])
        .protect(Shelf(ran.clone()), rules);
    tokio::spawn(server.build().await?.serve_until(listener, pending()));
    for (visits, revision) in [Revision::V2025_11_25, Revision::V2026_07_28]
        .into_iter()
        .enumerate()
    {
        let errand = Errand::to(&url, revision, Registration::Dynamic).with_steps(vec![
            Step::Get("summarize", json!({})),
            Step::Read(TODAY),
            Step::Read(MONDAY),
        ]);
        let mut alice = Person::named("alice").allowing();
        let told = agent.run(&errand, &mut alice).await?;
        assert_eq!(told.revision(), Some(revision.as_str()));
        assert_eq!(told.unauthorized(), ["profile"], "{told:#?}");
        assert!(told.0.contains(&Event::Prompts {
            names: vec!["summarize".into()]
        }));
        assert!(told.0.contains(&Event::Resources {
            uris: vec![TODAY.into()]
        }));
        assert_eq!(
            told.refused(),
            ["notes:read", "notes:monday:read"],
            "{told:#?}"
        );
        for (item, text) in [
            ("summarize", "Sum up my notes."),
            (TODAY, "The notes at notes://today."),
            (MONDAY, "The notes at notes://days/monday."),
        ] {
            let result = told.result_of(item).expect(item).to_string();
            assert!(result.contains(text), "{result}");
        }
        assert_eq!(told.0.last(), Some(&Event::Done));
        assert_eq!(alice.consent_pages.len(), 3, "once for each");
        assert_eq!(ran.times(), 3 * (visits + 1), "each of them ran once");
    }
    Ok(())
}
