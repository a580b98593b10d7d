//! The story that all this is for, with the agent of `examples/agent.rs` as a process and Chromium as the
//! person's hand: from a request without a token to the day on which the access is taken back.

mod consent;
mod guide;
mod introductions;
mod lifetime;
mod limits;
mod registration;
mod terminal;
mod whole;

use std::time::Duration;

use mcp_authz::Issuer;
use mcp_authz::dev::{AuthorizationServer, Client};
use support::{Browser, OidcProvider, Ran, Result, SmartMail, Tool, have};
use tokio::net::TcpListener;

use crate::guarded::Guarded;
use crate::server::{self, Outbox};

/// Who stands in for Logto.
#[derive(Clone, Copy, Debug)]
enum StandIn {
    /// The embedded provider.
    Embedded,
    /// The certified one, in the shape of Logto.
    Certified,
}

const BOTH: [StandIn; 2] = [StandIn::Embedded, StandIn::Certified];

/// A script in the place of Alice, where what she sees is not what a test is about.
const ALICE_ALLOWS: [&str; 4] = ["--user", "alice", "--consent", "allow"];

/// What the operator has set up.
#[derive(Clone, Copy, Default)]
struct Tenant {
    /// The scopes that the agent may be allowed; `None` is every one.
    consent: Option<&'static str>,
    /// At Logto, the user scopes are another list.
    user_scopes: Option<&'static str>,
    /// In seconds; an hour if `None`.
    lifetime: Option<u64>,
}

/// A server, its provider, and what happened.
struct Stage {
    server: String,
    issuer: String,
    guarded: Guarded,
    provider: Running,
}

enum Running {
    #[expect(
        dead_code,
        reason = "kept, because the provider ends when it is dropped"
    )]
    Embedded(AuthorizationServer),
    Certified(Box<OidcProvider>),
}

impl Stage {
    /// None where this machine lacks what the stand-in needs.
    async fn set(stand_in: StandIn, tenant: Tenant) -> Result<Option<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = format!("http://{}/mcp", listener.local_addr()?);
        let (provider, issuer, trusted) = match stand_in {
            StandIn::Embedded => {
                let provider = tenant.embedded().start().await?;
                let issuer = provider.issuer().to_owned();
                let trusted = Issuer::new(&issuer);
                (Running::Embedded(provider), issuer, trusted)
            }
            StandIn::Certified => {
                if !have(&[Tool::Node, Tool::OpenSsl]).await {
                    return Ok(None);
                }
                let provider = tenant.certified(&server).await?;
                let issuer = provider.issuer.clone();
                let endpoint = issuer.trim_end_matches("/oidc");
                let trusted = Issuer::logto(endpoint);
                (Running::Certified(Box::new(provider)), issuer, trusted)
            }
        };
        // Or a token would be good for a minute more than it says.
        let trusted = trusted.leeway(Duration::ZERO);
        let (outbox, ran) = (Outbox::default(), Ran::default());
        let builder = server::builder(&server, trusted, &outbox, &ran);
        let guarded = Guarded::serve(listener, builder, outbox, ran).await?;
        Ok(Some(Self {
            server,
            issuer,
            guarded,
            provider,
        }))
    }

    /// The agent, at the start of its errand; a browser comes back to it.
    fn agent(&self, flags: &[&str]) -> Result<SmartMail> {
        SmartMail::start(&self.server, flags, &[("CLIENT_ID", "third-party")])
    }

    /// How many calls ran, and how many mails were sent.
    fn done(&self) -> (usize, usize) {
        (self.guarded.ran.times(), self.guarded.outbox.sent())
    }
}

impl Tenant {
    fn embedded(&self) -> mcp_authz::dev::Builder {
        let agent = |id| {
            let agent = Client::third_party(id, "SmartMail AI");
            let agent = agent.redirect_uri("http://127.0.0.1/callback");
            match self.consent {
                Some(scopes) => agent.consent_scopes(scopes.split(' ')),
                None => agent,
            }
        };
        let own = Client::first_party("first-party", "Our own webmail");
        AuthorizationServer::builder()
            .client(agent("third-party"))
            .client(agent("third-party-confidential").secret("a-secret-for-tests-only"))
            .client(own.redirect_uri("http://127.0.0.1/callback"))
            .scope("mail:send", "Send mail in your name")
            .access_token_lifetime(Duration::from_secs(self.lifetime.unwrap_or(3600)))
    }

    async fn certified(&self, server: &str) -> Result<OidcProvider> {
        let lifetime = self.lifetime.unwrap_or(3600).to_string();
        let mut settings = vec![
            ("SHAPE", "logto"),
            ("METADATA_DOCUMENTS", "yes"),
            ("TTL", &lifetime),
        ];
        settings.extend(self.consent.map(|scopes| ("CONSENT_SCOPES", scopes)));
        settings.extend(self.user_scopes.map(|scopes| ("USER_SCOPES", scopes)));
        OidcProvider::start_with(server, &settings).await
    }
}

/// Alice at her browser; none where this machine has none.
async fn alice(folder: &str, stand_in: StandIn) -> Result<Option<Browser>> {
    if !have(&[Tool::Node, Tool::Chromium]).await {
        return Ok(None);
    }
    let folder = format!("story/{folder}-{stand_in:?}");
    Ok(Some(Browser::of("alice", &folder).await?))
}
