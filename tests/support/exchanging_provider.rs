//! The certified OpenID provider with the grant that exchanges tokens, as a process of its own.

use tokio::process::Command;

use crate::lines::Process;
use crate::{Result, setup};

/// npm `oidc-provider` on a loopback port, as `tests/peers/oidc-provider/exchange.mjs` sets it up. It ends
/// when this is dropped.
pub struct ExchangingProvider {
    /// Its issuer.
    pub issuer: String,
    /// A token of Alice's for the resource, signed.
    pub jwt: String,
    /// The same, opaque.
    pub opaque: String,
    _process: Process,
}

impl ExchangingProvider {
    /// Starts one that exchanges tokens for `resource` for tokens for `downstream`; `server_key` is the
    /// public key (a JWK) of its client `server-key`.
    pub async fn start(resource: &str, downstream: &str, server_key: &str) -> Result<Self> {
        let folder = setup::peer("oidc-provider");
        setup::node_modules(&folder).await?;
        let mut node = Command::new("node");
        node.arg(folder.join("exchange.mjs"))
            .env("RESOURCE", resource)
            .env("DOWNSTREAM", downstream)
            .env("RESOURCE_SERVER_KEY", server_key);
        let mut process = Process::start(&mut node)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the provider ended at once".into());
        };
        let ready: json::Value = json::from_str(&line)?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            issuer: text("issuer"),
            jwt: text("jwt"),
            opaque: text("opaque"),
            _process: process,
        })
    }
}
