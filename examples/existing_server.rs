//! A server in rmcp's own style, written without a thought of who calls, behind the gate: the rules
//! stand beside it, and it does not start while one is missing.
//!
//! ```sh
//! cargo run --example existing_server
//! ```
//!
//! starts it with the development provider; `ISSUER=… RESOURCE=…` takes your own. Then, in a second
//! terminal, `npx @modelcontextprotocol/inspector` and connect to `http://127.0.0.1:3001/mcp`: the
//! notes can be listed after consent to `notes:read`; adding one asks for `notes:write`.
//!
//! In a project of your own, `rmcp` with its feature `macros` is a dependency beside `mcp-authz`, and what
//! is imported from `mcp_authz::rmcp` here comes from there.
//!
//! `LISTEN` and `PROVIDER_LISTEN` change the addresses, `-- --scopes` prints what is guarded. Its tests are at
//! the end: copy them with the rest.

use std::env;
use std::sync::Mutex;

use mcp_authz::rmcp::handler::server::wrapper::Parameters;
use mcp_authz::rmcp::{self, ServerHandler, schemars, tool, tool_handler, tool_router};
use mcp_authz::{AuthInfo, Authz, Rules, dev, scopes, serde};

/// Somebody's server: notes, with the name of who wrote them.
struct Notes(Mutex<Vec<String>>);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
struct Note {
    /// What to remember.
    text: String,
}

#[tool_router]
impl Notes {
    /// List all notes.
    #[tool]
    fn list(&self) -> String {
        let Self(notes) = self;
        notes
            .lock()
            .map(|notes| notes.join("\n"))
            .unwrap_or_default()
    }

    /// Add a note. `AuthInfo` is an extractor like any other: the one line that knows of the gate.
    #[tool]
    fn add(&self, auth: AuthInfo, Parameters(note): Parameters<Note>) -> String {
        let author = auth.subject().unwrap_or("somebody");
        if let Ok(mut notes) = self.0.lock() {
            notes.push(format!("{author}: {}", note.text));
        }
        "added".to_owned()
    }
}

#[tool_handler(name = "notes", version = "1.0.0")]
impl ServerHandler for Notes {}

/// Who may what. What the server has and this does not name is refused at the start.
fn rules() -> Rules {
    Rules::new()
        .tool("list", scopes!["notes:read"])
        .tool("add", scopes!["notes:read", "notes:write"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authz = Authz::new()
        .resource(env::var("RESOURCE").unwrap_or("http://127.0.0.1:3001/mcp".into()))
        .initial_scopes(["notes:read"]);
    let notes = Notes(Mutex::default());
    if env::args().any(|argument| argument == "--scopes") {
        // Nobody is asked, so any issuer will do.
        let notes = authz
            .issuer("https://as.example.com")
            .protect(notes, rules());
        println!("{}", notes.manifest().await?.to_markdown());
        return Ok(());
    }
    // Kept until the end: dropping the provider stops it.
    let mut provider = None;
    let issuer = match env::var("ISSUER") {
        Ok(issuer) => issuer,
        Err(_) => {
            let running = provider.insert(development_provider().await?);
            running.issuer().to_owned()
        }
    };
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    Ok(authz
        .issuer(issuer)
        .protect(notes, rules())
        .serve(listen)
        .await?)
}

/// Alice and Bob, and a consent page that says in words what an agent wants.
async fn development_provider() -> Result<dev::AuthorizationServer, dev::Error> {
    dev::AuthorizationServer::builder()
        .bind(env::var("PROVIDER_LISTEN").unwrap_or("127.0.0.1:3000".into()))
        .scope("notes:read", "Read your notes")
        .scope("notes:write", "Write notes in your name")
        .start()
        .await
}

#[cfg(test)]
mod tests {
    use json::json;
    use mcp_authz::testing::{TestServer, assert_challenge, assert_matrix};

    use super::*;

    fn notes() -> mcp_authz::Protect<Notes> {
        Authz::new().protect(Notes(Mutex::default()), rules())
    }

    #[tokio::test]
    async fn notes_are_added_with_consent_and_in_the_person_s_name() -> Result<(), mcp_authz::Error>
    {
        let server = TestServer::start(notes()).await?;
        let note = json!({ "text": "tea" });
        let reader = server.as_user("alice").scopes(["notes:read"]);
        let refused = reader.call_with("add", &note).await;
        assert_challenge!(
            refused,
            403,
            "insufficient_scope",
            ["notes:read", "notes:write"]
        );
        assert_eq!(reader.call("list").await.unwrap().text(), "");
        let writer = server.as_user("bob").scopes(["notes:read", "notes:write"]);
        writer.call_with("add", &note).await.unwrap();
        assert_eq!(reader.call("list").await.unwrap().text(), "bob: tea");
        Ok(())
    }

    #[tokio::test]
    async fn the_list_shows_what_may_be_called() {
        assert_matrix!(notes());
    }
}
