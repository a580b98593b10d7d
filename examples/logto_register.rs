//! Lets developers register their agents at your Logto tenant, beside the server that the agents call.
//!
//! Set the tenant up first (`examples/logto_setup.rs`, with the same variables). Then
//!
//! ```sh
//! export LOGTO_ENDPOINT=https://tenant.logto.app LOGTO_APP_ID=… LOGTO_APP_SECRET=…
//! export RESOURCE=http://127.0.0.1:3001/mcp
//! export INITIAL_ACCESS_TOKEN=$(openssl rand -hex 32)
//! cargo run --example logto_register
//! ```
//!
//! A partner to whom you gave that token registers an agent, and gets its id and secret:
//!
//! ```sh
//! curl http://127.0.0.1:3001/agents/register -H "Authorization: Bearer $INITIAL_ACCESS_TOKEN" \
//!   --json '{ "client_name": "SmartMail AI", "redirect_uris": ["https://smartmail.example.com/callback"],
//!             "scope": "profile email" }'
//! ```
//!
//! More, where it is set:
//!
//! | variable | what it does |
//! |---|---|
//! | `PORTAL` | the client id of an application of yours: its users register with their access tokens |
//! | `DEVELOPER` | the page <http://127.0.0.1:3001/agents> is that of this person, by their id at Logto, **for everybody who reaches it**: for a look on your own machine |
//! | `OPEN=20` | anybody registers, up to so many agents: for MCP clients that know nothing else |
//!
//! Those clients find the registration when the proxy in front of your Logto leads
//! `/.well-known/oauth-authorization-server/oidc` here. `LISTEN` changes the address, and
//! `LOGTO_TOKEN_ENDPOINT` and `LOGTO_MANAGEMENT_API` are as in `logto_setup`. `-- --scopes` prints what the server
//! guards.

use std::env;

use http_server::extract::Request;
use http_server::middleware::{Next, from_fn};
use mcp_authz::logto::{ClientRegistration, Management, Registrant, RegistrationPolicy};
use mcp_authz::{AuthInfo, Claims, Issuer, Json, Server, danger, tool};
use tokio::net::TcpListener;

/// Return the identity claims that the person agreed to share.
#[tool(scopes = ["profile", "email"], read_only)]
async fn whoami(auth: AuthInfo) -> Json<Claims> {
    Json(auth.consented_claims())
}

/// Send a mail in the person's name.
#[tool(scopes = ["mail:send"])]
async fn send_mail(auth: AuthInfo) -> String {
    format!("sent by {}", auth.subject().unwrap_or("somebody"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if env::args().any(|argument| argument == "--scopes") {
        // Nobody is asked, so any issuer will do.
        let server = Server::builder("whoami").issuer("https://tenant.logto.app/oidc");
        let server = server.resource("http://127.0.0.1:3001/mcp");
        println!("{}", server.manifest()?.to_markdown());
        return Ok(());
    }
    let endpoint = variable("LOGTO_ENDPOINT")?;
    let resource = variable("RESOURCE")?;
    let mut issuer = Issuer::logto(&endpoint);
    if let Ok(portal) = env::var("PORTAL") {
        issuer = issuer.first_party([portal]);
    }
    let server = Server::builder("whoami")
        .resource(&resource)
        .issuer(issuer)
        .build()
        .await?;
    let registration = registration(&resource, &server, management(&endpoint)?)?;

    let mut app = server.router();
    app = app.merge(registration.router());
    app = app.merge(registration.metadata_router());
    if let Ok(developer) = env::var("DEVELOPER") {
        // Your own session belongs here: this one takes everybody for the same person.
        let person = Registrant::person(format!("{endpoint}/oidc"), developer);
        let session = from_fn(move |mut request: Request, next: Next| {
            request.extensions_mut().insert(person.clone());
            next.run(request)
        });
        app = app.merge(registration.pages().layer(session));
    }
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let listener = TcpListener::bind(&listen).await?;
    eprintln!("{server}");
    eprintln!(
        "agents register at {}",
        registration.registration_endpoint()
    );
    http_server::serve(listener, app).await?;
    Ok(())
}

/// What agents may be given, and who may register them.
fn registration(
    resource: &str,
    server: &Server,
    logto: Management,
) -> Result<ClientRegistration, Box<dyn std::error::Error>> {
    // Sending mail is for agents that you know: give it to those in the console.
    let policy = RegistrationPolicy::new(["profile", "email"]).apps_per_owner(3);
    let beside = resource.strip_suffix("/mcp").unwrap_or(resource);
    let mut registration = ClientRegistration::builder(format!("{beside}/agents"), policy);
    if let Ok(token) = env::var("INITIAL_ACCESS_TOKEN") {
        registration = registration.initial_access_token("partner", token);
    }
    if env::var("PORTAL").is_ok() {
        registration = registration.first_party();
    }
    if let Ok(most) = env::var("OPEN") {
        registration = registration.open(danger::open_registration(most.parse()?));
    }
    Ok(registration.build(server, logto)?)
}

/// The client of the tenant.
fn management(endpoint: &str) -> Result<Management, Box<dyn std::error::Error>> {
    let (id, secret) = (variable("LOGTO_APP_ID")?, variable("LOGTO_APP_SECRET")?);
    let mut logto = Management::builder(endpoint).app(id, secret);
    if let Ok(url) = env::var("LOGTO_TOKEN_ENDPOINT") {
        logto = logto.token_endpoint(url);
    }
    if let Ok(indicator) = env::var("LOGTO_MANAGEMENT_API") {
        logto = logto.management_api(indicator);
    }
    Ok(logto.build()?)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set {name}: see the header of examples/logto_register.rs"))
}
