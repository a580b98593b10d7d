//! "SmartMail AI": somebody else's agent, which may do only what the person allows.
//!
//! It calls a tool, sends the person to a consent page when told to, calls again, asks for more when it needs
//! more, and stops when somebody says no: the person or the operator. Start `cargo run --example whoami` first.
//!
//! ```sh
//! cargo run --example agent                                    # you decide, in your browser
//! cargo run --example agent -- --stay                          # calls on until it may no more
//! cargo run --example agent -- --user alice --consent allow    # or deny: a script plays the person
//! ```
//!
//! `SERVER` is the URL of another server, `CLIENT_ID` (with `CLIENT_SECRET`, if it can keep one) how it was
//! registered at the provider, `CLIENT_METADATA_URL` where it describes itself (without both it registers itself),
//! and `REDIRECT_URI` where people come back to, as it was registered; otherwise a port that is free.
//! It is no single file: the person at the browser and the connection are in `tests/support`. `rmcp_client` is
//! `rmcp` with `client`, `auth`, `reqwest` and `transport-streamable-http-client-reqwest`.

use std::collections::HashSet;
use std::env;

use http_client::{Client, Url};
use json::{Value, json};
use rmcp_client::model::CallToolRequestParams;
use rmcp_client::service::ServiceError;
use rmcp_client::transport::auth::{
    AuthClient, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use support::{Connection, Result, Stop, UserAgent, connect, parameter, redeem, text, without};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    Stop::exit_code(run().await)
}

async fn run() -> Result<()> {
    let person = UserAgent::new(env::args().skip(1), env::var("REDIRECT_URI").ok()).await?;
    let server = env::var("SERVER").unwrap_or("http://127.0.0.1:3001/mcp".into());
    let mut agent = Agent::sign_in(server.parse()?, person).await?;
    agent.call("whoami", Value::Null).await?;
    let mail = json!({ "to": "bob@example.com", "text": "Hello from Alice's agent" });
    agent.call("send_mail", mail).await?;
    while agent.person.stays().await {
        agent.call("whoami", Value::Null).await?;
    }
    Ok(())
}

struct Agent {
    server: Url,
    person: UserAgent,
    connection: Connection,
    /// Has the tokens, and renews them without asking anybody.
    client: AuthClient<Client>,
    asked: HashSet<String>,
}

impl Agent {
    /// Knocks without a token, and comes back with what the person lets it have.
    async fn sign_in(server: Url, mut person: UserAgent) -> Result<Self> {
        println!("SmartMail AI connects to {server} without a token");
        let refused = connect(&server, Client::new()).await.err();
        let error = refused.ok_or("this server lets everybody in")?;
        let nobody = || format!("is the server running? {error}");
        let challenge = error.auth_challenge().ok_or_else(nobody)?;
        let challenged = WWWAuthenticateParams::parse(challenge, &server);
        let wanted = challenged.scope.unwrap_or_default();
        println!("  <- 401: the person must sign in and agree to share: {wanted}");
        // Says to the provider who asks. What an operator wrote down counts more than what the agent says.
        let mut request = AuthorizationRequest::new(person.redirect_uri())
            .with_client_name("SmartMail AI")
            .with_initial_scope_selection()
            .with_challenge(challenge);
        request.client_id = env::var("CLIENT_ID").ok();
        request.client_secret = env::var("CLIENT_SECRET").ok();
        request.client_metadata_url = env::var("CLIENT_METADATA_URL").ok();
        let mut oauth = OAuthState::new(server.as_str(), None).await?;
        oauth.start_authorization(request).await?;
        let callback = decide(&mut person, oauth.get_authorization_url().await?).await?;
        oauth.handle_callback_url(&callback).await?;
        let manager = oauth.into_authorization_manager().ok_or("no token")?;
        let client = AuthClient::new(Client::new(), manager);
        Ok(Self {
            connection: connect(&server, client.clone()).await?,
            client,
            asked: wanted.split(' ').map(str::to_owned).collect(),
            server,
            person,
        })
    }

    /// Calls a tool; again, where that takes more and the person agrees.
    async fn call(&mut self, tool: &'static str, arguments: Value) -> Result<()> {
        let mut call = CallToolRequestParams::new(tool);
        call.arguments = arguments.as_object().cloned();
        println!("SmartMail AI calls {tool}");
        let result = loop {
            match self.connection.call_tool(call.clone()).await {
                Ok(result) => break result,
                Err(error) => self.ask_for_more(error).await?,
            }
            println!("SmartMail AI calls {tool} again");
        };
        println!("  <- {}", text(&result));
        Ok(())
    }

    /// Asks the person for what is missing. If they have agreed to it before, it is somebody else who
    /// withholds it, and asking would have no end.
    async fn ask_for_more(&mut self, refusal: ServiceError) -> Result<()> {
        let Some(challenge) = refusal.auth_challenge() else {
            return Err(refusal.into());
        };
        let challenge = WWWAuthenticateParams::parse(challenge, &self.server);
        if challenge.error.as_deref() == Some("insufficient_user_authentication") {
            return Stop::because("401: the person must sign in again, or otherwise (RFC 9470)");
        }
        if !challenge.is_insufficient_scope() {
            // The client has tried to renew the token, and was refused that, too.
            return Stop::because("401: the access was taken back, or is over");
        }
        let wanted = challenge.scope.ok_or("the challenge names no scope")?;
        println!("  <- 403: the person must sign in and agree to share: {wanted}");
        let manager = self.client.auth_manager.lock().await;
        if wanted.split(' ').all(|scope| self.asked.contains(scope)) {
            let missing = without(&wanted, &manager.get_current_scopes().await);
            return Stop::because(format!("the provider withholds {missing}"));
        }
        self.asked.extend(wanted.split(' ').map(str::to_owned));
        let page = manager.request_scope_upgrade(&wanted).await?;
        let callback = decide(&mut self.person, page).await?;
        redeem(&manager, &callback).await
    }
}

/// Sends the person to a page, and returns where they come back to if they agreed.
async fn decide(person: &mut UserAgent, mut page: String) -> Result<String> {
    if page.contains("offline_access") {
        // Or there is nothing to renew the token with (OpenID Connect Core §11).
        page.push_str("&prompt=consent");
    }
    println!("The person decides at\n  {page}");
    let callback = person.visit(&page).await?;
    match parameter(&callback, "error").as_deref() {
        None if parameter(&callback, "code").is_some() => println!("  <- the person agreed"),
        // Logto's Cancel comes back with nothing at all.
        None | Some("access_denied") => return Stop::because("the person said no"),
        Some(error) => return Stop::because(format!("the provider refuses: {error}")),
    }
    Ok(callback)
}
