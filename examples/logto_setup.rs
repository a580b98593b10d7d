//! Sets a Logto tenant up for a server: what `whoami` needs there, compared, shown and made.
//!
//! At Logto, once: create a machine-to-machine app and give it the role *Logto Management API access*.
//! Then
//!
//! ```sh
//! export LOGTO_ENDPOINT=https://tenant.logto.app LOGTO_APP_ID=… LOGTO_APP_SECRET=…
//! export RESOURCE=http://127.0.0.1:3001/mcp
//! cargo run --example logto_setup -- --plan
//! ```
//!
//! shows what is missing, like a diff, and changes nothing;
//!
//! ```sh
//! cargo run --example logto_setup -- --apply
//! ```
//!
//! makes it. A second `--plan` says that nothing is missing. **This alone lets nobody in**: the role belongs to
//! nobody yet, and no agent is listed; the variables below say who and which. `--scopes` prints what the server
//! guards, without a tenant. Then the server itself, in the same terminal, for this tenant:
//!
//! ```sh
//! cargo run --example whoami
//! ```
//!
//! More, where it is set:
//!
//! | variable | what it does |
//! |---|---|
//! | `LOGTO_AGENTS=id,id` | these third-party apps may ask people for the server's scopes |
//! | `LOGTO_AGENT_SCOPES=a,b` | for these alone |
//! | `LOGTO_ROLE_SCOPES=a,b` | the role holds these alone |
//! | `LOGTO_DEFAULT_ROLE=yes` | whoever signs up from now on gets the role, without which no token has a scope |
//! | `LOGTO_EVERYBODY=yes` | whoever has signed up before gets it too |
//! | `LOGTO_METADATA_DOCUMENTS=yes` | agents with a client ID metadata document are let in |
//! | `LOGTO_TOKEN_ENDPOINT`, `LOGTO_MANAGEMENT_API` | where they cannot be told from the endpoint |
//!
//! **Nobody gets** a scope that only concealed and first-party tools ask for (`#[tool(.., conceal)]`,
//! `policy = first_party`) before `LOGTO_ROLE_SCOPES` and `LOGTO_AGENT_SCOPES` name it, among all others that
//! the role or the agents are to have; the plan says which those are. `LOGTO_ROLE=auditor` makes
//! another role, for a few: give it to them in the console.

use std::env;
use std::process::ExitCode;

use mcp_authz::logto::{Management, Provisioning};
use mcp_authz::{AuthInfo, Claims, Issuer, Json, Server, tool};

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
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let apply = match env::args().nth(1).as_deref() {
        Some("--plan") => false,
        Some("--apply") => true,
        Some("--scopes") => {
            let server = Server::builder("whoami").issuer("https://tenant.logto.app/oidc");
            let server = server.resource("http://127.0.0.1:3001/mcp");
            println!("{}", server.manifest()?.to_markdown());
            return Ok(());
        }
        _ => return Err("write --plan to see what is missing, --apply to make it".into()),
    };
    let endpoint = variable("LOGTO_ENDPOINT")?;
    let server = Server::builder("whoami").resource(variable("RESOURCE")?);
    let server = server.issuer(Issuer::logto(&endpoint)).build().await?;
    let logto = management(&endpoint)?;
    let plan = wanted(&server).plan(&logto).await?;
    print!("{plan}");
    if apply && !plan.is_empty() {
        plan.apply(&logto).await?;
        println!("made");
    }
    Ok(())
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

/// What the server needs, and what the environment asks for besides.
fn wanted(server: &Server) -> Provisioning {
    let mut wanted = Provisioning::of(server.manifest());
    if let Ok(role) = env::var("LOGTO_ROLE") {
        wanted = wanted.role(role);
    }
    if let Some(scopes) = list("LOGTO_ROLE_SCOPES") {
        wanted = wanted.role_scopes(scopes);
    }
    if is_set("LOGTO_DEFAULT_ROLE") {
        wanted = wanted.default_role();
    }
    if is_set("LOGTO_EVERYBODY") {
        wanted = wanted.assign_role_to_everybody();
    }
    if is_set("LOGTO_METADATA_DOCUMENTS") {
        // What a stranger may ask for: who somebody is, and not to send mail.
        wanted = wanted.metadata_documents(["profile", "email"]);
    }
    let scopes = list("LOGTO_AGENT_SCOPES");
    let agents = list("LOGTO_AGENTS").unwrap_or_default().into_iter();
    agents.fold(wanted, |wanted, id| match &scopes {
        Some(scopes) => wanted.third_party_app_with(id, scopes),
        None => wanted.third_party_app(id),
    })
}

/// What a variable lists, if it is set.
fn list(name: &str) -> Option<Vec<String>> {
    let list = env::var(name).ok()?;
    let names = list.split(',').filter(|name| !name.is_empty());
    Some(names.map(str::to_owned).collect())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set {name}: see the header of examples/logto_setup.rs"))
}

fn is_set(name: &str) -> bool {
    env::var(name).is_ok_and(|value| value == "yes")
}
