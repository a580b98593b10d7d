//! A mail assistant, which asks for more when it needs more: by what it is told to do, by how long ago the
//! person signed in, and with a tool that others do not even know of.
//!
//! ```sh
//! cargo run --example mail_assistant
//! cargo run --example mail_assistant -- --scopes    # what is guarded, for a review
//! cargo test --example mail_assistant               # its tests, at the end: copy them with the rest
//! ```
//!
//! The first starts it with the development provider. Then connect to `http://127.0.0.1:3001/mcp` with
//! `npx @modelcontextprotocol/inspector`: a mail to `bob@example.com` takes the scope `mail:send`, one to
//! anybody outside takes `mail:send:outside` as well, and whoever signed in more than five minutes ago has
//! to do so again before all mail is deleted. `LISTEN` and `PROVIDER_LISTEN` change the addresses.

use std::env;

use mcp_authz::{
    AuthInfo, Parameters, Requirement, Scope, Server, ServerBuilder, dev, schemars, serde, tool,
};

const SEND: Scope = Scope::new("mail:send");
const SEND_OUTSIDE: Scope = Scope::new("mail:send:outside");

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Mail {
    /// Whom to write to.
    to: Vec<String>,
    /// What to say.
    text: String,
}

/// Whoever may write to colleagues need not be allowed to write to the world.
fn by_recipients(mail: &Mail, _auth: &AuthInfo) -> Requirement {
    let is_colleague = |to: &String| to.ends_with("@example.com");
    match mail.to.iter().all(is_colleague) {
        true => SEND.into(),
        false => SEND_OUTSIDE.into(),
    }
}

/// Send a mail in the person's name.
#[tool(scopes = [SEND], scopes_for = by_recipients, open_world)]
fn send(Parameters(mail): Parameters<Mail>) -> String {
    format!(
        "sent {} characters to {}",
        mail.text.len(),
        mail.to.join(" and ")
    )
}

/// Delete all mail. It cannot be undone, so the person signs in again for it (RFC 9470).
#[tool(scopes = ["mail:delete"], max_age = 300, destructive)]
fn delete_all() -> String {
    "deleted".to_owned()
}

/// Read somebody else's mail, for an investigation. Those who may not do not learn that it exists.
#[tool(scopes = ["mail:audit"], acr_values = ["mfa"], conceal, read_only)]
fn audit() -> String {
    "everything".to_owned()
}

/// What `main` serves and the tests start.
fn server() -> ServerBuilder {
    Server::builder("mail assistant")
        // An agent starts with little; each refusal tells it what else to ask for.
        .initial_scopes(["mail:send"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let server = server().resource(format!("http://{listen}/mcp"));
    if env::args().any(|argument| argument == "--scopes") {
        // Nobody is asked, so any issuer will do.
        let manifest = server.issuer("https://as.example.com").manifest()?;
        println!("{}", manifest.to_markdown());
        return Ok(());
    }
    let provider = dev::AuthorizationServer::builder()
        .bind(env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into()))
        .scope("mail:send", "Write to colleagues in your name")
        .scope("mail:send:outside", "Write to anybody in your name")
        .scope("mail:delete", "Delete your mail")
        .start()
        .await?;
    Ok(server.issuer(provider.issuer()).serve(listen).await?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use json::json;
    use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix};

    use super::server;

    #[tokio::test]
    async fn a_mail_to_the_world_takes_more() -> Result<(), Box<dyn std::error::Error>> {
        let server = TestServer::start(server()).await?;
        let agent = server.as_user("alice").scopes(["mail:send"]);
        let inside = json!({ "to": ["bob@example.com"], "text": "Hello" });
        let outside = json!({ "to": ["bob@example.com", "eve@else.where"], "text": "Hello" });
        let sent = agent.call_with("send", &inside).await?;
        assert!(sent.text().starts_with("sent 5"));
        let refused = agent.call_with("send", &outside).await;
        assert_challenge!(
            refused,
            403,
            "insufficient_scope",
            ["mail:send", "mail:send:outside"]
        );
        // The agent comes back with what the challenge asked for.
        let more = refused.unwrap_err().challenge().unwrap().scopes.clone();
        assert!(agent.scopes(more).call_with("send", &outside).await.is_ok());
        Ok(())
    }

    #[tokio::test]
    async fn what_cannot_be_undone_takes_a_recent_sign_in() -> Result<(), mcp_authz::Error> {
        let server = TestServer::start(server()).await?;
        let alice = server.as_user("alice").scopes(["mail:delete"]);
        let held = alice.keep_token();
        assert!(held.call("delete_all").await.is_ok());
        server.clock().advance(Duration::from_secs(301));
        let refused = held.call("delete_all").await;
        assert_challenge!(refused, 401, "insufficient_user_authentication");
        assert_eq!(refused.unwrap_err().challenge().unwrap().max_age, Some(300));
        assert!(alice.call("delete_all").await.is_ok(), "signed in again");
        Ok(())
    }

    #[tokio::test]
    async fn what_is_concealed_is_unknown() -> Result<(), mcp_authz::Error> {
        let server = TestServer::start(server()).await?;
        let alice = server.as_user("alice").scopes(["mail:audit"]);
        let (concealed, unknown) = (alice.call("audit").await, alice.call("none").await);
        assert_eq!(concealed.unwrap_err(), unknown.unwrap_err());
        assert_matrix!(super::server());
        assert!(alice.claim("acr", "mfa").call("audit").await.is_ok());
        Ok(())
    }
}
