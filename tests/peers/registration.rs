//! Agents that know nothing but dynamic registration, at a Logto tenant: they register through the
//! server's registration, the person agrees at the tenant, and the agent calls the tool. The tenant is
//! the stand-in of the Management API with the engine that is inside Logto, behind one proxy.

use json::{Value, json};
use mcp_authz::logto::{ClientRegistration, Management, Provisioning, RegistrationPolicy};
use mcp_authz::{Issuer, danger};
use support::{
    Agent, Errand, Logto, OidcProvider, Person, Ran, Registration, Result, Revision, Tool,
    free_port, have,
};
use tokio::net::TcpListener;

use crate::server::{self, Outbox};

pub(crate) const SCOPES: [&str; 3] = ["profile", "email", "mail:send"];

/// The operator gave it to a developer.
pub(crate) const INITIAL: &str = "initial-token-of-a-developer-0123456789";

pub(crate) struct Tenant {
    pub(crate) logto: Logto,
    pub(crate) server: String,
    pub(crate) outbox: Outbox,
    /// Where agents register.
    pub(crate) registration: String,
    /// Kept, because it ends when it is dropped.
    _engine: OidcProvider,
}

impl Tenant {
    /// A tenant with a server beside it, at which anybody registers within `policy`.
    pub(crate) async fn open(policy: RegistrationPolicy) -> Result<Self> {
        let logto = Logto::start().await;
        logto.sign_up_as("alice", "alice");
        logto.edit("alice", &json!({ "name": "Alice Archer" }));
        // Before anything listens there, as when a program starts.
        let address = format!("127.0.0.1:{}", free_port()?);
        let (here, resource) = (format!("http://{address}"), format!("http://{address}/mcp"));
        let led = format!("{here}/.well-known/oauth-authorization-server/oidc");
        let engine = OidcProvider::of_tenant(&logto, &[("LEAD", &led)]).await?;
        let endpoint = engine.issuer.trim_end_matches("/oidc");
        let (outbox, ran) = (Outbox::default(), Ran::default());
        let builder = server::builder(&resource, Issuer::logto(endpoint), &outbox, &ran);
        // Whatever an agent may ever need: it can register for no more later.
        let server = builder.initial_scopes(SCOPES).build().await?;
        let client = Management::builder(endpoint)
            .app(Logto::APP.0, Logto::APP.1)
            .build()?;
        let wanted = Provisioning::of(server.manifest()).assign_role_to_everybody();
        wanted.plan(&client).await?.apply(&client).await?;
        let registration = ClientRegistration::builder(format!("{here}/agents"), policy)
            .open(danger::open_registration(5))
            .initial_access_token("developer", INITIAL)
            .build(&server, client)?;
        let app = server
            .router()
            .merge(registration.router())
            .merge(registration.metadata_router());
        let listener = TcpListener::bind(&address).await?;
        tokio::spawn(async move { drop(http_server::serve(listener, app).await) });
        Ok(Self {
            logto,
            server: resource,
            outbox,
            registration: registration.registration_endpoint().to_owned(),
            _engine: engine,
        })
    }

    fn apps(&self) -> Vec<Value> {
        let apps = self.logto.look("/api/applications?isThirdParty=true");
        apps.as_array().cloned().unwrap_or_default()
    }
}

async fn errand(agent: Agent, revision: Revision) -> Result<()> {
    if !have(&[Tool::Node]).await || !have(agent.needs()).await {
        return Ok(());
    }
    let tenant = Tenant::open(RegistrationPolicy::new(SCOPES)).await?;
    let mut alice = Person::named("alice").allowing();
    let errand = Errand::to(&tenant.server, revision, Registration::Dynamic);
    let transcript = agent.run(&errand, &mut alice).await?;
    let said = format!("{transcript:#?}");
    let whoami = transcript
        .result_of("whoami")
        .unwrap_or_else(|| panic!("{said}"));
    assert!(whoami.to_string().contains("Alice Archer"), "{said}");
    assert!(transcript.result_of("send_mail").is_some(), "{said}");
    assert_eq!(tenant.outbox.sent(), 1);
    // One registration, one consent, and the page named who asked.
    let apps = tenant.apps();
    let [app] = apps.as_slice() else {
        panic!("{apps:#?}")
    };
    assert_eq!(
        (&app["name"], &app["type"]),
        (&"SmartMail AI".into(), &"Native".into())
    );
    assert_eq!(alice.consent_pages.len(), 1, "{said}");
    assert!(
        alice.consent_pages[0].contains("SmartMail AI"),
        "{:?}",
        alice.consent_pages
    );
    Ok(())
}

#[tokio::test]
async fn rmcp_registers_at_a_logto_tenant_and_calls() -> Result<()> {
    errand(Agent::Rmcp, Revision::V2026_07_28).await
}

#[tokio::test]
async fn the_typescript_sdk_registers_at_a_logto_tenant_and_calls() -> Result<()> {
    errand(Agent::TypeScript, Revision::V2026_07_28).await
}

#[tokio::test]
async fn the_python_sdk_registers_at_a_logto_tenant_and_calls() -> Result<()> {
    errand(Agent::Python, Revision::V2025_11_25).await
}

#[tokio::test]
async fn an_agent_that_asks_for_more_than_may_be_registered_gets_nothing() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let tenant = Tenant::open(RegistrationPolicy::new(["profile"])).await?;
    let mut alice = Person::named("alice").allowing();
    let errand = Errand::to(&tenant.server, Revision::V2026_07_28, Registration::Dynamic);
    let failed = Agent::Rmcp.run(&errand, &mut alice).await;
    let failed = failed
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(failed.contains("invalid_client_metadata"), "{failed}");
    assert_eq!((tenant.apps().len(), tenant.outbox.sent()), (0, 0));
    assert!(alice.consent_pages.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_person_who_says_no_gives_a_registered_agent_nothing() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let tenant = Tenant::open(RegistrationPolicy::new(SCOPES)).await?;
    let mut alice = Person::named("alice").denying();
    let errand = Errand::to(&tenant.server, Revision::V2026_07_28, Registration::Dynamic);
    // Logto's page leads back without a word, which is no answer that an agent can redeem.
    let ended = Agent::Rmcp.run(&errand, &mut alice).await;
    assert!(ended.is_err() || ended.is_ok_and(|said| said.result_of("whoami").is_none()));
    assert_eq!(alice.consent_pages.len(), 1);
    assert_eq!((tenant.apps().len(), tenant.outbox.sent()), (1, 0));
    Ok(())
}
