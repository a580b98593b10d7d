//! A tool that needs another API: the assistant's `agenda` asks the calendar, a server of its own, with a
//! token that the authorization server gives in exchange (RFC 8693). The caller's token goes no further.
//!
//! ```sh
//! cargo run --example downstream
//! ```
//!
//! starts both and a development provider, and prints a token that Alice gave to SmartMail AI for the
//! assistant. In a second terminal:
//!
//! ```sh
//! TOKEN=… # as printed
//! curl -i http://127.0.0.1:3001/mcp -H "Authorization: Bearer $TOKEN" \
//!   -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
//!   -H 'MCP-Protocol-Version: 2025-11-25' \
//!   -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"agenda","arguments":{}}}'
//! ```
//!
//! is what the calendar says, and to whom. The same with `3002` and `today` is 401: the token is not for
//! the calendar. `EXCHANGE=refused cargo run --example downstream` shows a provider that says no, as the
//! error of the tool. `LISTEN`, `CALENDAR_LISTEN` and `PROVIDER_LISTEN` change the addresses.

use std::env;

use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Client};
use mcp_authz::{AuthInfo, ClientAuth, Server, State, tool};

/// Say what is in the caller's calendar.
#[tool(scopes = ["calendar:read"], read_only)]
async fn agenda(auth: AuthInfo, calendar: State<Calendar>) -> Result<String, String> {
    // Refused, unavailable or not possible: each has words for the caller.
    let token = auth.exchange(&calendar.resource, ["calendar:read"]).await;
    let token = token.map_err(|error| error.to_string())?;
    let said = calendar.ask("today", token.expose()).await;
    said.map_err(|_| "the calendar cannot be asked right now".to_owned())
}

/// The calendar's own tool: says what is in it, and who asked for whom.
#[tool(scopes = ["calendar:read"], read_only)]
async fn today(auth: AuthInfo) -> String {
    // Who acts for the person, by what the authorization server says (RFC 8693 §4.1).
    let actor = auth.claims().get("act").and_then(|act| act["sub"].as_str());
    let person = auth.subject().unwrap_or("nobody");
    format!(
        "{person} meets Bob at ten (asked by {})",
        actor.unwrap_or(person)
    )
}

/// The calendar, as the assistant knows it.
struct Calendar {
    /// `reqwest`, by the name that this workspace gives it.
    http: http_client::Client,
    resource: String,
}

impl Calendar {
    /// Calls a tool there.
    async fn ask(&self, tool: &str, token: &str) -> Result<String, http_client::Error> {
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {} },
        });
        let request = self
            .http
            .post(&self.resource)
            .bearer_auth(token)
            .json(&call);
        let answer = request
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .send()
            .await?;
        let message: Value = answer.error_for_status()?.json().await?;
        let text = message["result"]["content"][0]["text"].as_str();
        Ok(text.unwrap_or_default().to_owned())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = |name, default: &str| env::var(name).unwrap_or(default.to_owned());
    let listen = address("LISTEN", "127.0.0.1:3001");
    let calendar_listens = address("CALENDAR_LISTEN", "127.0.0.1:3002");
    let (assistant, calendar) = (
        format!("http://{listen}/mcp"),
        format!("http://{calendar_listens}/mcp"),
    );
    // The provider knows the assistant as a client of its own, which may exchange what is for it.
    let client = Client::first_party("assistant", "The assistant").secret("s3cret");
    let client = match env::var("EXCHANGE").as_deref() {
        Ok("refused") => client,
        _ => client.may_exchange(&assistant),
    };
    let provider = AuthorizationServer::builder()
        .bind(address("PROVIDER_LISTEN", "127.0.0.1:3000"))
        .scope("calendar:read", "Look into your calendar")
        .client(client)
        .start()
        .await?;
    let token = provider.mint("alice").client("smartmail");
    let token = token.resource(&assistant).scopes("calendar:read").sign()?;
    eprintln!("a token for the assistant: {token}");

    let other = Server::builder("calendar")
        .resource(&calendar)
        .issuer(provider.issuer())
        .tools([today::tool()])
        .build()
        .await?;
    let server = Server::builder("assistant")
        .resource(&assistant)
        .issuer(provider.issuer())
        .token_exchange(ClientAuth::secret_basic("assistant", "s3cret"))
        .state(Calendar {
            http: http_client::Client::builder().no_proxy().build()?,
            resource: calendar,
        })
        .tools([agenda::tool()])
        .build()
        .await?;
    if env::args().any(|argument| argument == "--scopes") {
        println!(
            "{}\n{}",
            server.manifest().to_markdown(),
            other.manifest().to_markdown()
        );
        return Ok(());
    }
    tokio::try_join!(other.serve(calendar_listens), server.serve(listen))?;
    Ok(())
}
