//! "SmartMail AI": somebody else's agent, which may do only what the person allows.
//!
//! It calls a tool, is told to send the person to a consent page, calls again, asks for more when
//! it needs more, and stops when the person says no. Start `cargo run --example whoami` first.
//!
//! ```sh
//! cargo run --example agent                                    # you decide, in your browser
//! cargo run --example agent -- --user alice --consent allow    # a script plays the person
//! cargo run --example agent -- --user alice --consent deny
//! ```
//!
//! `SERVER` is another server's URL; `CLIENT_ID` (with `CLIENT_SECRET`) or `CLIENT_METADATA_URL` is
//! how a provider without registration knows the agent. `rmcp_client` is the crate `rmcp` with the
//! features `client`, `auth`, `reqwest` and `transport-streamable-http-client-reqwest`.

use std::env;

use rmcp_client::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp_client::service::RunningService;
use rmcp_client::transport::StreamableHttpClientTransport;
use rmcp_client::transport::auth::{
    AuthClient, AuthorizationCallback, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use rmcp_client::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig,
};
use rmcp_client::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use support::UserAgent;

type Result<T, E = support::Error> = std::result::Result<T, E>;
type Connection = RunningService<RoleClient, ClientConfig>;

#[tokio::main]
async fn main() -> Result<()> {
    let server = env::var("SERVER").unwrap_or("http://127.0.0.1:3001/mcp".into());
    let mut browser = UserAgent::from_args(env::args().skip(1)).await?;

    println!("SmartMail AI connects to {server} without a token");
    let Err(error) = connect(&server, http_client::Client::new()).await else {
        return Err("this server lets everybody in".into());
    };
    let Some(challenge) = error.auth_challenge() else {
        return Err(format!("is the server running? {error}").into());
    };
    println!("  <- 401: {}", asked(challenge, &server)?);

    let mut oauth = OAuthState::new(server.as_str(), None).await?;
    oauth
        .start_authorization(introduce(&browser, challenge))
        .await?;
    let Some(callback) = decide(&mut browser, &oauth.get_authorization_url().await?).await? else {
        return Ok(());
    };
    oauth.handle_callback_url(&callback).await?;
    let manager = oauth.into_authorization_manager().ok_or("no token")?;
    let client = AuthClient::new(http_client::Client::new(), manager);
    let manager = client.auth_manager.clone();
    let agent = connect(&server, client).await?;

    println!("SmartMail AI calls whoami");
    let me = CallToolRequestParams::new("whoami");
    println!("  <- {}", answer(&agent, me).await?);

    println!("SmartMail AI calls send_mail");
    let mail = json::json!({ "to": "bob@example.com", "text": "Hello from Alice's agent" });
    let mut mail_call = CallToolRequestParams::new("send_mail");
    mail_call.arguments = mail.as_object().cloned();
    let Err(error) = agent.call_tool(mail_call.clone()).await else {
        return Err("this token should not have been enough".into());
    };
    let challenge = error
        .auth_challenge()
        .ok_or("refused without saying what is missing")?;
    println!("  <- 403: {}", asked(challenge, &server)?);

    let wanted = scope(challenge, &server)?.ok_or("the challenge names no scope")?;
    let page = manager.lock().await.request_scope_upgrade(&wanted).await?;
    let Some(callback) = decide(&mut browser, &page).await? else {
        return Ok(());
    };
    let back = AuthorizationCallback::from_redirect_url(&callback)?;
    let issuer = back.issuer.as_deref();
    let exchange = manager.lock().await;
    exchange
        .exchange_code_for_token_with_issuer(&back.code, &back.csrf_token, issuer)
        .await?;
    drop(exchange);

    println!("SmartMail AI calls send_mail again");
    println!("  <- {}", answer(&agent, mail_call).await?);
    agent.cancel().await?;
    Ok(())
}

async fn connect<C>(
    server: &str,
    client: C,
) -> Result<Connection, rmcp_client::service::ClientInitializeError>
where
    C: StreamableHttpClient + Send + Sync + 'static,
{
    let config = StreamableHttpClientTransportConfig::with_uri(server);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let latest = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = ClientLifecycleMode::Discover {
        preferred_versions: latest,
    };
    ClientConfig::default()
        .serve_with_lifecycle(transport, lifecycle)
        .await
}

/// Says to the provider who asks, in the way that it knows.
fn introduce(browser: &UserAgent, challenge: &str) -> AuthorizationRequest {
    let request = AuthorizationRequest::new(browser.redirect_uri())
        .with_client_name("SmartMail AI")
        .with_initial_scope_selection()
        .with_challenge(challenge);
    match (
        env::var("CLIENT_METADATA_URL"),
        env::var("CLIENT_ID"),
        env::var("CLIENT_SECRET"),
    ) {
        (Ok(url), _, _) => request.with_client_metadata_url(url),
        (_, Ok(id), Ok(secret)) => request
            .with_preregistered_client(id)
            .with_client_secret(secret),
        (_, Ok(id), _) => request.with_preregistered_client(id),
        _ => request,
    }
}

/// Sends the person to the consent page. Nothing comes back when they said no.
async fn decide(browser: &mut UserAgent, page: &str) -> Result<Option<String>> {
    println!("The person decides at\n  {page}");
    let callback = browser.visit(page).await?;
    if callback.contains("error=") {
        println!("  <- the person said no: SmartMail AI gets nothing, and stops");
        return Ok(None);
    }
    println!("  <- the person agreed");
    Ok(Some(callback))
}

async fn answer(agent: &Connection, call: CallToolRequestParams) -> Result<String> {
    let result = agent.call_tool(call).await?;
    let text = result.content.first().and_then(|content| content.as_text());
    Ok(text.map(|text| text.text.clone()).unwrap_or_default())
}

fn asked(challenge: &str, server: &str) -> Result<String> {
    let scopes = scope(challenge, server)?.unwrap_or("nothing in particular".into());
    Ok(format!(
        "the person must sign in and agree to share: {scopes}"
    ))
}

fn scope(challenge: &str, server: &str) -> Result<Option<String>> {
    Ok(WWWAuthenticateParams::parse(challenge, &server.parse()?).scope)
}
