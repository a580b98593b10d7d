//! API keys of your own instead of an authorization server: `TokenVerifier`, with its three outcomes.
//!
//! ```sh
//! cargo run --example custom_verifier
//! ```
//!
//! prints two keys, one that reads and one that also writes. In a second terminal, with one of them:
//!
//! ```sh
//! KEY=… # as printed
//! curl -i http://127.0.0.1:3001/mcp -H "Authorization: Bearer $KEY" \
//!   -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2025-11-25' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_note","arguments":{}}}'
//! ```
//!
//! is 200 with the key that writes, 403 with the other, and 401 with a key that is changed anywhere.
//! `DATABASE=down cargo run --example custom_verifier` shows an outage: 503 for every key, so that no
//! client throws its key away. `LISTEN` changes the address, `-- --scopes` prints what is guarded.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

// The crate aws-lc-rs, by the name that this workspace gives it.
use crypto::constant_time::verify_slices_are_equal;
use crypto::digest::{Digest, SHA256, digest};
use crypto::error::Unspecified;
use mcp_authz::{AuthInfo, BearerToken, ScopeSet, Server, TokenVerifier, VerifyError, tool};

/// Read the caller's notes.
#[tool(scopes = ["notes:read"], read_only)]
async fn read_notes(auth: AuthInfo) -> String {
    format!("the notes of {}", auth.subject().unwrap_or("nobody"))
}

/// Write a note.
#[tool(scopes = ["notes:write"])]
async fn write_note(auth: AuthInfo) -> String {
    format!("a note by {}", auth.subject().unwrap_or("nobody"))
}

/// Verifies keys of the form `id.secret`.
struct ApiKeys {
    database: Database,
}

impl TokenVerifier for ApiKeys {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        // One text for whatever is wrong: it goes to the log, and says nothing about the key.
        let unknown = || VerifyError::rejected("api key: unknown");
        let (id, secret) = token.expose().split_once('.').ok_or_else(unknown)?;
        // Looked up by what is no secret: how long that takes may be seen.
        let found = self.database.find(id).await.map_err(|Down| {
            VerifyError::unavailable("api key: the database is down", Duration::from_secs(5))
        })?;
        let row = found.ok_or_else(unknown)?;
        verify_slices_are_equal(hash(secret).as_ref(), row.hash.as_ref()).map_err(|_| unknown())?;
        Ok(AuthInfo::builder("https://example.com/api-keys")
            .subject(&row.owner)
            .client_id(id)
            .scopes(row.scopes.clone())
            .build())
    }
}

/// Plain SHA-256 is enough for 256 random bits; what people think up needs a slow hash.
fn hash(secret: &str) -> Digest {
    digest(&SHA256, secret.as_bytes())
}

/// Stands for your database: a table of keys by their id.
#[derive(Default)]
struct Database {
    keys: HashMap<String, Row>,
    is_down: bool,
}

struct Row {
    /// All that is kept of the secret.
    hash: Digest,
    owner: String,
    scopes: ScopeSet,
}

/// The database does not answer: nothing is known about the key.
struct Down;

impl Database {
    async fn find(&self, id: &str) -> Result<Option<&Row>, Down> {
        if self.is_down {
            return Err(Down);
        }
        Ok(self.keys.get(id))
    }

    /// Makes a key and returns it: nobody can show it again.
    fn issue(&mut self, owner: &str, scopes: &str) -> Result<String, Unspecified> {
        let (id, secret) = (random::<6>()?, random::<32>()?);
        let row = Row {
            hash: hash(&secret),
            owner: owner.to_owned(),
            scopes: ScopeSet::parse(scopes),
        };
        self.keys.insert(id.clone(), row);
        Ok(format!("{id}.{secret}"))
    }
}

/// So many random bytes, in hexadecimal.
fn random<const BYTES: usize>() -> Result<String, Unspecified> {
    let mut bytes = [0; BYTES];
    crypto::rand::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut database = Database {
        is_down: env::var("DATABASE").is_ok_and(|state| state == "down"),
        ..Database::default()
    };
    for scopes in ["notes:read", "notes:read notes:write"] {
        eprintln!("a key for {scopes}: {}", database.issue("alice", scopes)?);
    }
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let server = Server::builder("notes")
        .resource(format!("http://{listen}/mcp"))
        .verifier(ApiKeys { database })
        .build()
        .await?;
    if env::args().any(|argument| argument == "--scopes") {
        println!("{}", server.manifest().to_markdown());
        return Ok(());
    }
    server.serve(listen).await?;
    Ok(())
}
