//! A connection of rmcp's, and what every agent on it needs.

use http_client::Url;
use rmcp_client::model::{CallToolResult, ClientConfig, ProtocolVersion};
use rmcp_client::service::{ClientInitializeError, RunningService};
use rmcp_client::transport::StreamableHttpClientTransport;
use rmcp_client::transport::auth::{AuthorizationCallback, AuthorizationManager};
use rmcp_client::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig,
};
use rmcp_client::{ClientLifecycleMode, ClientServiceExt, RoleClient};

use crate::Result;

/// A connection to a server.
pub type Connection = RunningService<RoleClient, ClientConfig>;

/// Connects in the latest revision of the protocol.
pub async fn connect<C>(server: &Url, client: C) -> Result<Connection, ClientInitializeError>
where
    C: StreamableHttpClient + Send + Sync + 'static,
{
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
    connect_as(server.as_str(), client, lifecycle).await
}

/// Connects in the way of a revision.
pub(crate) async fn connect_as<C>(
    server: &str,
    client: C,
    lifecycle: ClientLifecycleMode,
) -> Result<Connection, ClientInitializeError>
where
    C: StreamableHttpClient + Send + Sync + 'static,
{
    let config = StreamableHttpClientTransportConfig::with_uri(server);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let mut info = ClientConfig::default();
    info.protocol_version = ProtocolVersion::V_2025_11_25;
    info.serve_with_lifecycle(transport, lifecycle).await
}

/// Exchanges the code that a person came back with for tokens.
pub async fn redeem(manager: &AuthorizationManager, callback: &str) -> Result<()> {
    let back = AuthorizationCallback::from_redirect_url(callback)?;
    let issuer = back.issuer.as_deref();
    manager
        .exchange_code_for_token_with_issuer(&back.code, &back.csrf_token, issuer)
        .await?;
    Ok(())
}

/// What a tool says.
pub fn text(result: &CallToolResult) -> &str {
    let text = result.content.first().and_then(|content| content.as_text());
    text.map_or("", |text| &text.text)
}

/// The scopes of `wanted` that are not among `granted`; all of them where the provider did not say that
/// it granted less.
pub fn without(wanted: &str, granted: &[String]) -> String {
    let mut missing: Vec<&str> = wanted.split(' ').collect();
    missing.retain(|scope| !granted.iter().any(|own| own == scope));
    match missing.is_empty() {
        true => wanted.to_owned(),
        false => missing.join(" "),
    }
}
