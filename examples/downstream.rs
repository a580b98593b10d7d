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
//! is what the calendar says, and to whom. The same with `3002` and `today` is 401: the token is not for the
//! calendar. With `EXCHANGE=refused` the provider says no, which is the error of the tool. `LISTEN`,
//! `CALENDAR_LISTEN` and `PROVIDER_LISTEN` change the addresses, `-- --scopes` prints what is guarded. Its test is
//! at the end: copy it with the rest.

use std::env;

use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Client};
use mcp_authz::{AuthInfo, ClientAuth, Server, ServerBuilder, State, tool};

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

/// The calendar, as the assistant knows it: `http_client` is `reqwest`.
struct Calendar {
    http: http_client::Client,
    resource: String,
}

impl Calendar {
    fn at(resource: String) -> Result<Self, http_client::Error> {
        let http = http_client::Client::builder().no_proxy().build()?;
        Ok(Self { http, resource })
    }

    /// Calls a tool there.
    async fn ask(&self, tool: &str, token: &str) -> Result<String, http_client::Error> {
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": {} },
        });
        let request = self.http.post(&self.resource).bearer_auth(token);
        let answer = request
            .json(&call)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .send()
            .await?;
        let message: Value = answer.error_for_status()?.json().await?;
        let text = message["result"]["content"][0]["text"].as_str();
        Ok(text.unwrap_or_default().to_owned())
    }
}

/// The assistant, whose secret is kept elsewhere in real life: what `main` serves and the tests start.
fn assistant(calendar: Calendar) -> ServerBuilder {
    Server::builder("assistant")
        .token_exchange(ClientAuth::secret_basic("assistant", "s3cret"))
        .state(calendar)
        .tools([agenda::tool()])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = |name, default: &str| env::var(name).unwrap_or(default.to_owned());
    let listen = address("LISTEN", "127.0.0.1:3001");
    let calendar_listens = address("CALENDAR_LISTEN", "127.0.0.1:3002");
    let resource = format!("http://{listen}/mcp");
    let calendar = Calendar::at(format!("http://{calendar_listens}/mcp"))?;
    let other = Server::builder("calendar").tools([today::tool()]);
    let other = other.resource(&calendar.resource);
    let server = assistant(calendar).resource(&resource);
    if env::args().any(|argument| argument == "--scopes") {
        for server in [server, other] {
            // Nobody is asked, so any issuer will do.
            let manifest = server.issuer("https://as.example.com").manifest()?;
            println!("{}", manifest.to_markdown());
        }
        return Ok(());
    }
    // The provider knows the assistant as a client of its own, which may exchange what is for it.
    let client = Client::first_party("assistant", "The assistant").secret("s3cret");
    let client = match env::var("EXCHANGE").as_deref() {
        Ok("refused") => client,
        _ => client.may_exchange(&resource),
    };
    let provider = AuthorizationServer::builder()
        .bind(address("PROVIDER_LISTEN", "127.0.0.1:3000"))
        .scope("calendar:read", "Look into your calendar")
        .client(client)
        .start()
        .await?;
    let token = provider.mint("alice").client("smartmail");
    let token = token.resource(&resource).scopes("calendar:read");
    eprintln!("a token for the assistant: {}", token.sign()?);
    let issuer = provider.issuer();
    let (server, other) = (server.issuer(issuer), other.issuer(issuer));
    tokio::try_join!(other.serve(calendar_listens), server.serve(listen))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use mcp_authz::dev::{Endpoint, Fault};
    use mcp_authz::testing::TestServer;

    use super::*;

    #[tokio::test]
    async fn it_says_what_went_wrong() -> Result<(), Box<dyn std::error::Error>> {
        let nowhere = Calendar::at("http://127.0.0.1:1/mcp".to_owned())?;
        let server = TestServer::start(assistant(nowhere)).await?;
        let alice = server.as_user("alice").scopes(["calendar:read"]);
        // The authorization server gives one, and then nobody is there.
        let said = alice.call("agenda").await?.text();
        assert_eq!(said, "the calendar cannot be asked right now");
        server.issuer().fail([Endpoint::Token], Fault::Error);
        let said = alice.call("agenda").await?.text();
        assert!(said.starts_with("the authorization server"), "{said}");
        Ok(())
    }
}
