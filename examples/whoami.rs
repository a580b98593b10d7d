//! A server with two tools that act for a person, guarded by what that person agreed to.
//!
//! With the embedded development provider, nothing else to install:
//!
//! ```sh
//! cargo run --example whoami
//! ```
//!
//! With a real OpenID provider (register `RESOURCE` there as an API with the scopes below):
//!
//! ```sh
//! ISSUER=https://tenant.logto.app/oidc RESOURCE=http://127.0.0.1:3001/mcp cargo run --example whoami
//! ```
//!
//! `LISTEN` and `PROVIDER_LISTEN` change the addresses that the server and the development provider
//! listen on.
//!
//! `cargo run --example whoami -- --scopes` prints what is guarded, for a review.
//!
//! Then, in a second terminal, the agent that comes to use it: `cargo run --example agent`.

use std::env;

use mcp_authz::{AuthInfo, Claims, Json, Parameters, Server, dev, schemars, serde, tool};

/// Return the identity claims that the person agreed to share.
#[tool(scopes = ["profile", "email"], read_only)]
async fn whoami(auth: AuthInfo) -> Json<Claims> {
    Json(auth.consented_claims())
}

/// A mail to be sent.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Mail {
    /// Whom to write to.
    to: String,
    /// What to say.
    text: String,
}

/// Send a mail in the person's name.
#[tool(scopes = ["mail:send"])]
async fn send_mail(auth: AuthInfo, Parameters(mail): Parameters<Mail>) -> String {
    let sender = auth.subject().unwrap_or("somebody");
    format!(
        "sent {} characters from {sender} to {}",
        mail.text.len(),
        mail.to
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let resource = env::var("RESOURCE").unwrap_or("http://127.0.0.1:3001/mcp".into());
    // Kept until the end: dropping the provider stops it.
    let mut provider = None;
    let issuer = match env::var("ISSUER") {
        Ok(issuer) => issuer,
        Err(_) => provider
            .insert(development_provider().await?)
            .issuer()
            .to_owned(),
    };
    let server = Server::builder("whoami")
        .resource(&resource)
        .issuer(issuer)
        // Ask for little at first; sending mail is asked for when it is wanted.
        .initial_scopes(["profile", "email"])
        .build()
        .await?;
    if env::args().any(|argument| argument == "--scopes") {
        println!("{}", server.manifest().to_markdown());
        return Ok(());
    }
    eprintln!("\nNow run, in another terminal:  cargo run --example agent\n");
    server
        .serve(env::var("LISTEN").unwrap_or("127.0.0.1:3001".into()))
        .await?;
    Ok(())
}

/// Alice and Bob, and a consent page that says in words what an agent wants.
async fn development_provider() -> Result<dev::AuthorizationServer, dev::Error> {
    dev::AuthorizationServer::builder()
        .bind(env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into()))
        .scope("mail:send", "Send mail in your name")
        .start()
        .await
}
