//! The whole way in one go: an agent is registered, a person consents, what they allowed flows, and it is
//! taken back. Whatever a page asks is answered in Chromium; whatever the operator does is a call of the
//! Management API.

use std::time::Duration;

use http_server::extract::Request;
use http_server::middleware::{Next, from_fn};
use json::json;
use mcp_authz::Issuer;
use mcp_authz::logto::{
    AllowedScopes, ClientRegistration, Grant, GrantsOf, Management, NewResource, NewThirdPartyApp,
    Provisioning, Registrant, RegistrationPolicy, ThirdPartyType,
};
use support::{
    Answer, Browser, Logto, OidcProvider, Ran, Result, SmartMail, Tool, free_port, have,
};
use tokio::net::TcpListener;

use super::{ALICE_ALLOWS, Stage, StandIn, Tenant, alice};
use crate::server::{self, Outbox};

/// Of a token, as short as a busy machine takes: a JWT ends no earlier.
const LIFETIME: Duration = Duration::from_secs(3);

/// What the agent comes back to, on any port.
const REDIRECT: &str = "http://127.0.0.1/callback";

const STOPS: &str = "401: the access was taken back, or is over: SmartMail AI stops";

/// A Logto tenant that is set up for a server, and the server, with a page beside it where Dana, a developer,
/// registers agents.
struct Place {
    /// The operator's.
    client: Management,
    endpoint: String,
    server: String,
    outbox: Outbox,
    ran: Ran,
    /// Both end when they are dropped.
    _running: (Logto, OidcProvider),
}

impl Place {
    async fn open() -> Result<Self> {
        let logto = Logto::start().await;
        logto.sign_up_as("alice", "alice");
        let engine = OidcProvider::of_tenant(&logto, &[]).await?;
        let endpoint = engine.issuer.trim_end_matches("/oidc").to_owned();
        let here = format!("http://127.0.0.1:{}", free_port()?);
        let resource = format!("{here}/mcp");
        let client = client(&endpoint, Logto::APP)?;
        let new = NewResource::new("peers", &resource).access_token_lifetime(LIFETIME);
        client.create_resource(&new).await?;

        let (outbox, ran) = (Outbox::default(), Ran::default());
        // Or a token would be good for a minute more than it says.
        let issuer = Issuer::logto(&endpoint).leeway(Duration::ZERO);
        let server = server::builder(&resource, issuer, &outbox, &ran);
        let server = server.build().await?;
        let wanted = Provisioning::of(server.manifest()).assign_role_to_everybody();
        wanted.plan(&client).await?.apply(&client).await?;
        let policy = RegistrationPolicy::new(["profile", "email", "mail:send"]);
        let registration = ClientRegistration::builder(format!("{here}/agents"), policy);
        let registration = registration.build(&server, client.clone())?;
        let dana = Registrant::person(&engine.issuer, "dana");
        let session = from_fn(move |mut request: Request, next: Next| {
            request.extensions_mut().insert(dana.clone());
            next.run(request)
        });
        let pages = registration.pages().layer(session);
        let app = server.router().merge(registration.router()).merge(pages);
        let listener = TcpListener::bind(here.trim_start_matches("http://")).await?;
        tokio::spawn(async move { drop(http_server::serve(listener, app).await) });
        Ok(Self {
            client,
            endpoint,
            server: resource,
            outbox,
            ran,
            _running: (logto, engine),
        })
    }

    /// What Alice allowed to agents of others.
    async fn allowed(&self) -> Result<Vec<Grant>> {
        Ok(self.client.grants("alice", GrantsOf::ThirdParty).await?)
    }

    /// Every scope of the server that these grants name.
    fn scopes(&self, grants: &[Grant]) -> Vec<String> {
        let ours = grants
            .iter()
            .filter_map(|grant| grant.resource_scopes.get(&self.server));
        let mut scopes: Vec<_> = ours.flatten().map(ToString::to_string).collect();
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

fn client(endpoint: &str, (id, secret): (&str, &str)) -> Result<Management> {
    Ok(Management::builder(endpoint).app(id, secret).build()?)
}

/// Dana fills in the form; returns the client id that the page shows.
async fn registered(place: &Place) -> Result<String> {
    let page = place.server.replace("/mcp", "/agents");
    let steps = json!([
        { "open": page },
        { "fill": "Name", "with": "SmartMail AI" },
        { "check": "Native application" },
        { "fill": "Redirect URIs", "with": REDIRECT },
        { "check": "See your profile" },
        { "check": "See your e-mail address" },
        { "check": "Send a mail in the user's name." },
        { "press": "Register" },
        { "look": "registered" },
    ]);
    let walk = Browser::walk("http://nowhere.example/", &steps, "story/whole").await?;
    let text = &walk.looks.first().ok_or("nothing was looked at")?.text;
    assert!(text.contains("SmartMail AI is registered"), "{text}");
    let (_, rest) = text.split_once("Client ID").ok_or("no client id")?;
    let id = rest.split_whitespace().next();
    Ok(id.ok_or("no client id")?.to_owned())
}

/// Alice allows what the agent asks for, which is on the page, and again for more.
async fn allows(alice: &mut Browser, agent: &mut SmartMail, asked: [&str; 2]) -> Result<()> {
    for asked in asked {
        let page = agent.asks().await?;
        let visit = alice.visit(&page, Answer::Allow).await?;
        let question = visit.pages.last().ok_or("nobody asked her")?;
        assert!(
            question.contains("SmartMail AI") && question.contains(asked),
            "{question}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn from_the_page_of_a_developer_to_the_day_it_is_taken_back() -> Result<()> {
    let Some(mut alice) = alice("whole", StandIn::Certified).await? else {
        return Ok(());
    };
    let place = Place::open().await?;
    let id = registered(&place).await?;
    let settings = [("CLIENT_ID", id.as_str())];
    let mut agent = SmartMail::start(&place.server, &["--stay"], &settings)?;
    allows(&mut alice, &mut agent, ["email", "mail:send"]).await?;
    agent.says("alice wrote to").await?;
    assert!(agent.told.contains("alice@example.com"), "{}", agent.told);
    assert_eq!(place.outbox.sent(), 1);

    let grants = place.allowed().await?;
    assert!(grants.iter().all(|grant| grant.client_id == id));
    assert_eq!(place.scopes(&grants), ["email", "mail:send", "profile"]);
    for grant in &grants {
        place.client.revoke_grant("alice", &grant.id).await?;
    }
    assert_eq!(place.allowed().await?, []);
    let told = agent.end().await?;
    assert!(told.contains(STOPS), "{told}");
    assert_eq!(told.matches("The person decides").count(), 2, "{told}");
    assert_eq!(place.outbox.sent(), 1);

    // Who starts over asks anew, and she says no.
    let mut again = SmartMail::start(&place.server, &[], &settings)?;
    let page = again.asks().await?;
    alice.visit(&page, Answer::Deny).await?;
    again.says("the person said no").await?;
    assert_eq!((place.outbox.sent(), place.allowed().await?), (1, vec![]));
    Ok(())
}

#[tokio::test]
async fn what_alice_allowed_is_taken_back_by_whoever_may_and_from_nobody_else() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let place = Place::open().await?;
    let new = NewThirdPartyApp::new("SmartMail AI", ThirdPartyType::Native).redirect_uri(REDIRECT);
    let id = place.client.create_third_party_app(&new).await?.id;
    let listed = AllowedScopes::new();
    let resources = place.client.resources().await?;
    let resource = resources.iter().find(|one| one.indicator == place.server);
    let resource = &resource.ok_or("no resource")?.id;
    let scopes = place.client.resource_scopes(resource).await?.into_iter();
    let listed = scopes.fold(listed, |all, scope| all.resource_scope_id(scope.id));
    let listed = listed.user_scope("profile").user_scope("email");
    place.client.allow_scopes(&id, &listed).await?;

    let flags = [&ALICE_ALLOWS[..], &["--stay"]].concat();
    let mut agent = SmartMail::start(&place.server, &flags, &[("CLIENT_ID", &id)])?;
    agent.says("alice wrote to").await?;
    let grants = place.allowed().await?;
    assert_eq!(place.scopes(&grants), ["email", "mail:send", "profile"]);
    let own = place.client.grants("alice", GrantsOf::FirstParty).await?;
    assert_eq!(own, [], "the agent is nobody's own");

    let powerless = client(&place.endpoint, Logto::POWERLESS)?;
    let grant = &grants[0].id;
    for refused in [
        powerless.grants("alice", GrantsOf::All).await.map(drop),
        powerless.revoke_grant("alice", grant).await,
        place.client.revoke_grant("bob", grant).await,
    ] {
        let status = refused.err().and_then(|error| error.status());
        assert!(matches!(status, Some(403 | 404)), "{status:?}");
    }
    assert_eq!(place.allowed().await?, grants);
    // It goes on, past the end of its token.
    tokio::time::sleep(LIFETIME + Duration::from_secs(1)).await;
    let before = place.ran.times();
    while place.ran.times() == before {
        agent.says("alice@example.com").await?;
    }

    for grant in &grants {
        place.client.revoke_grant("alice", &grant.id).await?;
    }
    let told = agent.end().await?;
    assert!(told.contains(STOPS), "{told}");
    assert_eq!(told.matches("The person decides").count(), 2, "{told}");
    Ok(())
}

/// At the embedded provider the agent registers itself, and Alice has a page of her own.
#[tokio::test]
async fn from_an_unknown_agent_to_the_page_where_alice_takes_back() -> Result<()> {
    let short = Tenant {
        lifetime: Some(LIFETIME.as_secs()),
        ..Tenant::default()
    };
    let Some(stage) = Stage::set(StandIn::Embedded, short).await? else {
        return Ok(());
    };
    let Some(mut alice) = alice("whole", StandIn::Embedded).await? else {
        return Ok(());
    };
    let mut agent = SmartMail::start(&stage.server, &["--stay"], &[])?;
    let asked = ["alice@example.com", "Send mail in your name"];
    allows(&mut alice, &mut agent, asked).await?;
    agent.says("alice wrote to").await?;
    let grants = format!("{}/grants", stage.issuer);
    let pages = alice.press(&grants, "Take back").await?;
    assert!(pages[1].contains("has no more access"), "{pages:#?}");
    let told = agent.end().await?;
    assert!(told.contains(STOPS), "{told}");
    assert_eq!(stage.guarded.outbox.sent(), 1);
    Ok(())
}
