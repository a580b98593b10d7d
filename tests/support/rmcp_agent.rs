//! The agent on rmcp, in this process. Unlike the other SDKs, rmcp leaves the step-up to the
//! agent: it hands over the challenge, and the agent asks for more and calls again.

use std::sync::Arc;

use http_client::{Client, Url};
use json::Value;
use mcp_authz::serde::Serialize;
use rmcp_client::ClientLifecycleMode;
use rmcp_client::model::{
    CallToolRequestParams, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams,
};
use rmcp_client::service::{ClientInitializeError, ServiceError};
use rmcp_client::transport::auth::{
    AuthClient, AuthorizationManager, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use tokio::sync::Mutex;

use crate::agent::REDIRECT;
use crate::rmcp_connection::{Connection, connect_as, redeem};
use crate::{Errand, Event, Person, Registration, Result, Revision, Step, Transcript};

type Manager = Arc<Mutex<AuthorizationManager>>;

/// Does the errand.
pub(crate) async fn run(
    errand: &Errand,
    person: &mut Person,
    transcript: &mut Transcript,
) -> Result<()> {
    let mut agent = RmcpAgent {
        errand,
        person,
        transcript,
    };
    agent.run().await?;
    transcript.0.push(Event::Done);
    Ok(())
}

struct RmcpAgent<'a> {
    errand: &'a Errand,
    person: &'a mut Person,
    transcript: &'a mut Transcript,
}

impl RmcpAgent<'_> {
    async fn run(&mut self) -> Result<()> {
        let plain = Client::new();
        let Some(challenge) = self.first_contact(plain.clone()).await? else {
            return Err("the server let an agent in without a token".into());
        };
        let Some(manager) = self.sign_in(challenge).await? else {
            return Ok(());
        };
        let client = AuthClient::new(plain, manager);
        let manager = client.auth_manager.clone();
        let connection = self.connect(client).await?;
        let spoken = connection
            .peer()
            .peer_info()
            .map(|info| info.protocol_version.to_string());
        self.say(Event::Connected {
            revision: spoken.unwrap_or_default(),
        });
        let tools = connection.list_all_tools().await?;
        let names = tools.iter().map(|tool| tool.name.to_string()).collect();
        self.say(Event::Tools { names });
        for step in &self.errand.steps {
            self.look_around(&connection, step).await?;
            if !self.take(&connection, &manager, step).await? {
                break;
            }
        }
        connection.cancel().await?;
        Ok(())
    }

    fn say(&mut self, event: Event) {
        self.transcript.0.push(event);
    }

    /// Knocks without a token, and returns the challenge that comes back.
    async fn first_contact(&mut self, client: Client) -> Result<Option<String>> {
        let Err(error) = self.connect(client).await else {
            return Ok(None);
        };
        let Some(challenge) = error.auth_challenge().map(str::to_owned) else {
            return Err(error.into());
        };
        let scope = self.scope_of(&challenge)?;
        self.say(Event::Unauthorized { scope });
        Ok(Some(challenge))
    }

    async fn connect<C>(&self, client: C) -> Result<Connection, ClientInitializeError>
    where
        C: rmcp_client::transport::streamable_http_client::StreamableHttpClient
            + Send
            + Sync
            + 'static,
    {
        let lifecycle = match self.errand.revision {
            Revision::V2025_11_25 => ClientLifecycleMode::Initialize,
            Revision::V2026_07_28 => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        };
        connect_as(&self.errand.server, client, lifecycle).await
    }

    /// None when the person said no.
    async fn sign_in(&mut self, challenge: String) -> Result<Option<AuthorizationManager>> {
        let mut oauth = OAuthState::new(self.errand.server.as_str(), None).await?;
        let request = AuthorizationRequest::new(REDIRECT)
            .with_client_name("SmartMail AI")
            .with_initial_scope_selection()
            .with_challenge(challenge);
        let request = match self.errand.registration.clone() {
            Registration::Dynamic => request,
            Registration::MetadataDocument(url) => request.with_client_metadata_url(url),
            Registration::Preregistered { id, secret: None } => {
                request.with_preregistered_client(id)
            }
            Registration::Preregistered {
                id,
                secret: Some(secret),
            } => request
                .with_preregistered_client(id)
                .with_client_secret(secret),
        };
        oauth.start_authorization(request).await?;
        let url = oauth.get_authorization_url().await?;
        let Some(callback) = self.ask(url, false).await? else {
            return Ok(None);
        };
        oauth.handle_callback_url(&callback).await?;
        Ok(oauth.into_authorization_manager())
    }

    /// Sends the person to a page. None when they come back with an error.
    async fn ask(&mut self, url: String, holds_token: bool) -> Result<Option<String>> {
        self.say(Event::Authorize { url: url.clone() });
        let callback = self.person.visit(&url).await?;
        let address = Url::parse(&callback)?;
        let error = address.query_pairs().find(|(name, _)| name == "error");
        let Some((_, error)) = error else {
            return Ok(Some(callback));
        };
        self.say(Event::Denied {
            error: error.into_owned(),
            holds_token,
        });
        Ok(None)
    }

    /// Lists what the step is one of.
    async fn look_around(&mut self, connection: &Connection, step: &Step) -> Result<()> {
        match step {
            Step::Call(..) => {}
            Step::Get(..) => {
                let prompts = connection.list_all_prompts().await?;
                let names = prompts.into_iter().map(|prompt| prompt.name).collect();
                self.say(Event::Prompts { names });
            }
            Step::Read(_) => {
                let resources = connection.list_all_resources().await?;
                let uris = resources.into_iter().map(|resource| resource.uri).collect();
                self.say(Event::Resources { uris });
            }
        }
        Ok(())
    }

    /// Takes a step; where the token is not enough, asks for more and takes it again.
    async fn take(
        &mut self,
        connection: &Connection,
        manager: &Manager,
        step: &Step,
    ) -> Result<bool> {
        let done = match perform(connection, step).await {
            Err(error) => {
                let Some(challenge) = error.auth_challenge().map(str::to_owned) else {
                    return Err(error.into());
                };
                if !self.step_up(manager, &challenge).await? {
                    return Ok(false);
                }
                perform(connection, step).await?
            }
            Ok(done) => done,
        };
        self.say(done);
        Ok(true)
    }

    async fn step_up(&mut self, manager: &Manager, challenge: &str) -> Result<bool> {
        let scope = self.scope_of(challenge)?;
        self.say(Event::Refused {
            scope: scope.clone(),
        });
        let wanted = scope.ok_or("a refusal that names no scope")?;
        let url = manager.lock().await.request_scope_upgrade(&wanted).await?;
        let Some(callback) = self.ask(url, true).await? else {
            return Ok(false);
        };
        redeem(&*manager.lock().await, &callback).await?;
        Ok(true)
    }

    fn scope_of(&self, challenge: &str) -> Result<Option<String>> {
        let server = Url::parse(&self.errand.server)?;
        Ok(WWWAuthenticateParams::parse(challenge, &server).scope)
    }
}

async fn perform(connection: &Connection, step: &Step) -> Result<Event, ServiceError> {
    Ok(match step {
        Step::Call(tool, arguments) => {
            let mut params = CallToolRequestParams::new(*tool);
            params.arguments = arguments.as_object().cloned();
            Event::Called {
                tool: (*tool).to_owned(),
                result: value(&connection.call_tool(params).await?),
            }
        }
        Step::Get(prompt, arguments) => {
            let mut params = GetPromptRequestParams::new(*prompt);
            params.arguments = arguments.as_object().cloned();
            Event::Got {
                prompt: (*prompt).to_owned(),
                result: value(&connection.get_prompt(params).await?),
            }
        }
        Step::Read(uri) => {
            let params = ReadResourceRequestParams::new(*uri);
            Event::Read {
                uri: (*uri).to_owned(),
                result: value(&connection.read_resource(params).await?),
            }
        }
    })
}

fn value(result: &impl Serialize) -> Value {
    json::to_value(result).unwrap_or_default()
}
