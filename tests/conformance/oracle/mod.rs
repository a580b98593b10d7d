//! The same operations and tokens against ours and against the TypeScript SDK, which has scopes on
//! tools, resources and prompts as well: its answers are the oracle.

mod differences;
mod mailbox;
mod operations;

use std::collections::BTreeSet;
use std::future::pending;

use http_client::Client;
use json::json;
use mcp_authz::{Authz, dev};
use support::{Ran, Reply, Result, ScopeOracle, Tool, have};
use tokio::net::TcpListener;

use differences::reason;
use mailbox::{Mailbox, rules};
use operations::{Operation, Revision, operations};

/// What a client can tell of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    status: u16,
    /// Of the challenge.
    error: Option<String>,
    /// Of the challenge, in no order.
    scopes: BTreeSet<String>,
    /// Whether the challenge leads to this server's metadata.
    leads_to_metadata: bool,
    /// Whether a handler ran.
    ran: bool,
    /// Of the message in the body.
    code: i64,
}

/// Both servers, and who issues tokens for both.
struct Sides {
    provider: dev::AuthorizationServer,
    ours: String,
    ran: Ran,
    oracle: ScopeOracle,
    http: Client,
}

impl Sides {
    async fn open() -> Result<Self> {
        let provider = dev::AuthorizationServer::builder().start().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let ours = format!("http://{}/mcp", listener.local_addr()?);
        let ran = Ran::default();
        let server = Authz::new()
            .resource(&ours)
            .issuer(provider.issuer())
            .protect(Mailbox(ran.clone()), rules())
            .build()
            .await?;
        tokio::spawn(server.serve_until(listener, pending()));
        Ok(Self {
            oracle: ScopeOracle::start(provider.issuer()).await?,
            provider,
            ours,
            ran,
            http: Client::builder().no_proxy().build()?,
        })
    }

    /// One token that is good on both sides, as far as its scopes go.
    fn token(&self, kind: &str) -> Option<String> {
        let both = json!([self.ours, self.oracle.url]);
        let mint = self.provider.mint("alice").client("smartmail");
        let mint = mint.claim("aud", both);
        let token = match kind {
            "none" => return None,
            "garbage" => return Some("garbage".to_owned()),
            "expired" => mint.claim("exp", 1),
            "another audience" => mint.claim("aud", "https://elsewhere.example"),
            "another issuer" => mint.claim("iss", "https://elsewhere.example"),
            scopes => mint.scopes(scopes),
        };
        Some(token.sign().expect("the provider signs"))
    }

    async fn ask_ours(&self, operation: &Operation, token: Option<&str>) -> Result<Outcome> {
        let before = self.ran.times();
        let reply = operation.send(&self.http, &self.ours, token).await;
        Ok(outcome(&reply, &self.ours, self.ran.times() > before))
    }

    async fn ask_oracle(&self, operation: &Operation, token: Option<&str>) -> Result<Outcome> {
        let before = self.oracle.ran(&self.http).await?;
        let reply = operation.send(&self.http, &self.oracle.url, token).await;
        let ran = self.oracle.ran(&self.http).await? > before;
        Ok(outcome(&reply, &self.oracle.url, ran))
    }
}

fn outcome(reply: &Reply, server: &str, ran: bool) -> Outcome {
    let parameter = |name: &str| {
        let start = format!("{name}=\"");
        let (_, rest) = reply.challenge().split_once(&start)?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let metadata = server.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
    let scopes = parameter("scope").unwrap_or_default();
    Outcome {
        status: reply.status.as_u16(),
        error: parameter("error"),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        leads_to_metadata: parameter("resource_metadata") == Some(metadata),
        ran,
        code: reply.error_code(),
    }
}

/// The tokens: good ones by their scopes.
const TOKENS: [&str; 11] = [
    "none",
    "garbage",
    "expired",
    "another audience",
    "another issuer",
    "",
    "mail:read",
    "mail:send",
    "mail:send mail:read",
    "folder:inbox:read",
    "mail:read mail:send folder:inbox:read folder:sent:read",
];

#[tokio::test]
async fn the_typescript_sdk_answers_alike() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let sides = Sides::open().await?;
    let (mut compared, mut used, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for token in TOKENS {
        let secret = sides.token(token);
        let secret = secret.as_deref();
        for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
            for operation in operations(revision) {
                let (ours, theirs) = tokio::try_join!(
                    sides.ask_ours(&operation, secret),
                    sides.ask_oracle(&operation, secret),
                )?;
                compared += 1;
                if ours == theirs {
                    continue;
                }
                match reason(&operation, token, &ours, &theirs) {
                    Some(reason) => drop(used.insert(reason)),
                    None => wrong.push(format!(
                        "{revision:?} {} with {token:?}\n    ours:   {ours:?}\n    theirs: {theirs:?}",
                        operation.name
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used.into_iter().collect::<Vec<_>>(), differences::ALL);
    assert_eq!(compared, 11 * (24 + 25));
    Ok(())
}
