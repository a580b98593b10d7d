//! API keys of your own instead of an authorization server: `TokenVerifier`, with its three outcomes.
//!
//! ```sh
//! cargo run --example custom_verifier # prints two keys, one that reads and one that also writes
//! KEY=…                               # one of them, in a second terminal
//! curl -i http://127.0.0.1:3001/mcp -H "Authorization: Bearer $KEY" \
//!   -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2025-11-25' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_note","arguments":{}}}'
//! ```
//!
//! is 200 with the key that writes, 403 with the other, and 401 with a key that is changed anywhere. With
//! `DATABASE=down` it shows an outage: 503 for every key, so that no client throws its key away. `LISTEN`
//! changes the address, `-- --scopes` prints what is guarded. Its tests are at the end: copy them with the rest.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

// The crate aws-lc-rs, by the name that this workspace gives it.
use crypto::constant_time::verify_slices_are_equal;
use crypto::digest::{Digest, SHA256, digest};
use crypto::error::Unspecified;
use mcp_authz::{
    AuthInfo, BearerToken, ScopeSet, Server, ServerBuilder, TokenVerifier, VerifyError, tool,
};

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

/// Stands for your database: keys of the form `id.secret`, by their id.
#[derive(Default)]
struct ApiKeys {
    /// Of the secret, its hash is all that is kept.
    rows: HashMap<String, (Digest, AuthInfo)>,
    is_down: bool,
}

impl TokenVerifier for ApiKeys {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        // One text for whatever is wrong: it goes to the log, and says nothing about the key.
        let unknown = || VerifyError::rejected("api key: unknown");
        let (id, secret) = token.expose().split_once('.').ok_or_else(unknown)?;
        // Looked up by what is no secret: how long that takes may be seen.
        let (kept, caller) = self.find(id).await?.ok_or_else(unknown)?;
        verify_slices_are_equal(hash(secret).as_ref(), kept.as_ref()).map_err(|_| unknown())?;
        Ok(caller.clone())
    }
}

/// Plain SHA-256 is enough for 256 random bits; what people think up needs a slow hash.
fn hash(secret: &str) -> Digest {
    digest(&SHA256, secret.as_bytes())
}

impl ApiKeys {
    /// An error where it does not answer: nothing is known about the key then.
    async fn find(&self, id: &str) -> Result<Option<&(Digest, AuthInfo)>, VerifyError> {
        let down = VerifyError::unavailable("the database is down", Duration::from_secs(5));
        match self.is_down {
            true => Err(down),
            false => Ok(self.rows.get(id)),
        }
    }

    /// Makes a key and returns it: nobody can show it again.
    fn issue(&mut self, owner: &str, scopes: &str) -> Result<String, Unspecified> {
        let (id, secret) = (random::<6>()?, random::<32>()?);
        let caller = AuthInfo::builder("https://example.com/api-keys")
            .subject(owner)
            .client_id(&id)
            .scopes(ScopeSet::parse(scopes))
            .build();
        self.rows.insert(id.clone(), (hash(&secret), caller));
        Ok(format!("{id}.{secret}"))
    }
}

/// So many random bytes, in hexadecimal.
fn random<const BYTES: usize>() -> Result<String, Unspecified> {
    let mut bytes = [0; BYTES];
    crypto::rand::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What `main` serves and the tests start.
fn server(keys: ApiKeys) -> ServerBuilder {
    Server::builder("notes").verifier(keys)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut keys = ApiKeys::default();
    for scopes in ["notes:read", "notes:read notes:write"] {
        eprintln!("a key for {scopes}: {}", keys.issue("alice", scopes)?);
    }
    keys.is_down = env::var("DATABASE").is_ok_and(|state| state == "down");
    let listen = env::var("LISTEN").unwrap_or("127.0.0.1:3001".into());
    let server = server(keys).resource(format!("http://{listen}/mcp"));
    if env::args().any(|argument| argument == "--scopes") {
        println!("{}", server.manifest()?.to_markdown());
        return Ok(());
    }
    Ok(server.serve(listen).await?)
}

#[cfg(test)]
mod tests {
    use mcp_authz::testing::{TestServer, assert_challenge};

    use super::*;

    #[tokio::test]
    async fn a_key_opens_what_it_was_issued_for() -> Result<(), Box<dyn std::error::Error>> {
        let mut keys = ApiKeys::default();
        let key = keys.issue("alice", "notes:read")?;
        let server = TestServer::start(server(keys)).await?;
        let reader = server.with_token(&key);
        assert!(reader.call("read_notes").await.is_ok());
        let refused = reader.call("write_note").await;
        assert_challenge!(refused, 403, "insufficient_scope", ["notes:write"]);
        let changed = server.with_token(key + "0").call("read_notes").await;
        assert_challenge!(changed, 401, "invalid_token");
        Ok(())
    }

    #[tokio::test]
    async fn in_an_outage_no_key_is_bad() -> Result<(), mcp_authz::Error> {
        let (rows, is_down) = (HashMap::new(), true);
        let server = TestServer::start(server(ApiKeys { rows, is_down })).await?;
        let refused = server.with_token("a.key").call("read_notes").await;
        assert_eq!(refused.unwrap_err().status(), 503);
        Ok(())
    }
}
