//! The certified OpenID provider, as a process of its own.

use tokio::process::Command;

use crate::lines::Process;
use crate::{Result, setup};

/// npm `oidc-provider` on a free loopback port. It ends when this is dropped.
pub struct OidcProvider {
    /// Its issuer.
    pub issuer: String,
    /// A client ID metadata document that it can fetch and trusts.
    pub metadata_document: String,
    _process: Process,
}

impl OidcProvider {
    /// Starts one that issues tokens for this resource alone.
    pub async fn start(resource: &str) -> Result<Self> {
        Self::start_with(resource, &[]).await
    }

    /// The same with settings of `tests/peers/oidc-provider/main.mjs`, such as `("ALG", "EdDSA")`.
    pub async fn start_with(resource: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = setup::peer("oidc-provider");
        setup::node_modules(&folder).await?;
        let mut node = Command::new("node");
        node.arg(folder.join("main.mjs"))
            .env("RESOURCE", resource)
            .envs(settings.iter().copied());
        let mut process = Process::start(&mut node)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the provider ended at once".into());
        };
        let ready: json::Value = json::from_str(&line)?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            issuer: text("issuer"),
            metadata_document: text("metadata_document"),
            _process: process,
        })
    }
}
