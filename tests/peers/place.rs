//! A server and the provider that it trusts, both just for one test.

use http_client::{Client, StatusCode, header::ACCEPT};
use json::json;
use mcp_authz::dev::AuthorizationServer;
use mcp_authz::{Issuer, ServerBuilder, Userinfo};
use support::{Glewlwyd, OidcProvider, Ran, Registration, Result, Tool};
use tokio::net::TcpListener;

use crate::client::Client as Agent;
use crate::guarded::Guarded;
use crate::server::{self, Outbox};

/// Which provider.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Provider {
    /// Ours, which lets an agent that registered itself ask for more later.
    Embedded,
    /// npm `oidc-provider`, which holds an agent to what it registered.
    Certified,
    /// Debian's `glewlwyd`, whose tokens do not tell who the person is: its userinfo does.
    Independent,
}

impl Provider {
    pub(crate) fn needs(self) -> &'static [Tool] {
        match self {
            Self::Embedded => &[],
            Self::Certified => &[Tool::Node, Tool::OpenSsl],
            Self::Independent => &[Tool::Glewlwyd, Tool::OpenSsl],
        }
    }

    /// Starts it for tokens for `server`; returns its issuer as well.
    async fn start(self, server: &str, settings: &[(&str, &str)]) -> Result<(String, Running)> {
        Ok(match self {
            Self::Embedded => {
                let provider = AuthorizationServer::builder()
                    .scope("mail:send", "Send mail in your name")
                    .start()
                    .await?;
                (provider.issuer().to_owned(), Running::Embedded(provider))
            }
            Self::Certified => {
                let provider = OidcProvider::start_with(server, settings).await?;
                let issuer = provider.issuer.clone();
                (issuer, Running::Certified(Box::new(provider)))
            }
            Self::Independent => {
                let provider = Glewlwyd::start(server).await?;
                let issuer = provider.issuer.clone();
                (issuer, Running::Independent(Box::new(provider)))
            }
        })
    }
}

/// The provider of this place.
enum Running {
    #[expect(
        dead_code,
        reason = "kept, because the provider ends when it is dropped"
    )]
    Embedded(AuthorizationServer),
    Certified(Box<OidcProvider>),
    #[expect(dead_code, reason = "as above")]
    Independent(Box<Glewlwyd>),
}

/// Where one test happens.
pub(crate) struct Place {
    pub(crate) server: String,
    pub(crate) issuer: String,
    pub(crate) outbox: Outbox,
    provider: Running,
}

impl Place {
    pub(crate) async fn open(provider: Provider) -> Result<Self> {
        Self::open_with(provider, &[], |server| server).await
    }

    /// With settings of the certified provider (see its `main.mjs`) and of the server.
    pub(crate) async fn open_with(
        provider: Provider,
        settings: &[(&str, &str)],
        configure: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = format!("http://{}/mcp", listener.local_addr()?);
        let (issuer, provider) = provider.start(&server, settings).await?;
        let (outbox, ran) = (Outbox::default(), Ran::default());
        let trusted = match &provider {
            Running::Independent(_) => Issuer::new(&issuer).userinfo(Userinfo::new()),
            _ => Issuer::new(&issuer),
        };
        let builder = configure(server::builder(&server, trusted, &outbox, &ran));
        Guarded::serve(listener, builder, outbox.clone(), ran).await?;
        Ok(Self {
            server,
            issuer,
            outbox,
            provider,
        })
    }

    /// One more server for the same resource, which treats its issuer like this.
    pub(crate) async fn replica(
        &self,
        configure: impl FnOnce(Issuer) -> Issuer,
    ) -> Result<Guarded> {
        let issuer = configure(Issuer::new(&self.issuer));
        Guarded::of(&self.server, issuer).await
    }

    /// One more server for the same resource, which trusts this issuer.
    pub(crate) async fn server_for(&self, issuer: Issuer) -> Result<Guarded> {
        Guarded::of(&self.server, issuer).await
    }

    /// An agent that asks for tokens for this server.
    pub(crate) async fn agent(&self) -> Result<Agent> {
        Agent::of(&self.issuer, &self.server).await
    }

    /// The certified provider, for what can happen to it.
    pub(crate) fn certified(&mut self) -> &mut OidcProvider {
        match &mut self.provider {
            Running::Certified(provider) => provider,
            _ => panic!("the provider is another one"),
        }
    }

    /// The ways in which an agent can be known here and still ask for more later.
    pub(crate) fn registrations(&self) -> Vec<Registration> {
        match &self.provider {
            Running::Embedded(_) => vec![Registration::Dynamic],
            // A client that registers itself there as one without a secret, as all of them do, is
            // kept as one that has a secret, and can redeem nothing.
            Running::Independent(_) => vec![Registration::preregistered("third-party")],
            Running::Certified(provider) => vec![
                Registration::preregistered("third-party"),
                Registration::MetadataDocument(provider.metadata_document.clone()),
            ],
        }
    }

    /// What the server says to someone without a token.
    pub(crate) async fn knock(&self) -> Result<StatusCode> {
        let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        let request = Client::new()
            .post(&self.server)
            .header(ACCEPT, "application/json, text/event-stream")
            .json(&ping);
        Ok(request.send().await?.status())
    }
}
