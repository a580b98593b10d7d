//! A server with two tools that act for a person, guarded by what that person agreed to.
//!
//! With the embedded development provider, nothing else to install:
//!
//! ```sh
//! cargo run --example whoami
//! ```
//!
//! With Logto, once `examples/logto_setup.rs` has set the tenant up:
//!
//! ```sh
//! LOGTO_ENDPOINT=https://tenant.logto.app RESOURCE=http://127.0.0.1:3001/mcp cargo run --example whoami
//! ```
//!
//! With any other OpenID provider (register `RESOURCE` there as an API with the scopes below):
//!
//! ```sh
//! ISSUER=https://as.example.com RESOURCE=http://127.0.0.1:3001/mcp cargo run --example whoami
//! ```
//!
//! `LISTEN` and `PROVIDER_LISTEN` change the addresses that the server and the development provider
//! listen on.
//!
//! `cargo run --example whoami -- --scopes` prints what is guarded, for a review.
//!
//! Its tests are at the end: copy them with the rest.
//!
//! Then, in a second terminal, the agent that comes to use it: `cargo run --example agent`.

use std::env;

use mcp_authz::{
    AuthInfo, Claims, Issuer, Json, Parameters, Server, ServerBuilder, dev, schemars, serde, tool,
};

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

/// What `main` serves and the tests start.
fn server() -> ServerBuilder {
    // Ask for little at first; sending mail is asked for when it is wanted.
    Server::builder("whoami").initial_scopes(["profile", "email"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let resource = env::var("RESOURCE").unwrap_or("http://127.0.0.1:3001/mcp".into());
    let server = server().resource(resource);
    if env::args().any(|argument| argument == "--scopes") {
        // Nobody is asked, so any issuer will do.
        let manifest = server.issuer("https://as.example.com").manifest()?;
        println!("{}", manifest.to_markdown());
        return Ok(());
    }
    // Kept until the end: dropping the provider stops it.
    let mut provider = None;
    let issuer = match (env::var("ISSUER"), env::var("LOGTO_ENDPOINT")) {
        (Ok(issuer), _) => Issuer::new(issuer),
        (_, Ok(endpoint)) => Issuer::logto(endpoint),
        _ => Issuer::new(provider.insert(development_provider().await?).issuer()),
    };
    let server = server.issuer(issuer).build().await?;
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

#[cfg(test)]
mod tests {
    use json::json;
    use mcp_authz::Error;
    use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix};

    use super::server;

    #[tokio::test]
    async fn an_agent_learns_what_the_person_shares() -> Result<(), Error> {
        let server = TestServer::start(server()).await?;
        let nobody = server.anonymous().call("whoami").await;
        assert_challenge!(nobody, 401, None, ["profile", "email"]);
        let alice = server.as_user("alice");
        let refused = alice.call("whoami").await;
        assert_challenge!(refused, 403, "insufficient_scope", ["profile", "email"]);
        let alice = alice.scopes(["profile", "email"]);
        let claims = alice.call("whoami").await.unwrap();
        assert_eq!(claims.structured()["email"], "alice@example.com");
        // Nobody consented to that.
        assert_eq!(claims.structured()["phone_number"], json!(null));
        Ok(())
    }

    #[tokio::test]
    async fn mail_is_sent_in_the_person_s_name() -> Result<(), Error> {
        let server = TestServer::start(server()).await?;
        let mail = json!({ "to": "bob@example.com", "text": "Hello" });
        let alice = server.as_user("alice").scopes(["mail:send"]);
        let sent = alice.call_with("send_mail", mail).await.unwrap();
        assert_eq!(
            sent.text(),
            "sent 5 characters from alice to bob@example.com"
        );
        Ok(())
    }

    #[tokio::test]
    async fn the_list_shows_what_may_be_called() {
        assert_matrix!(server());
    }
}
