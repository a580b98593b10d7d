//! A server on the TypeScript SDK, whose answers ours are compared with.

use http_client::Client;
use tokio::process::Command;

use crate::lines::Process;
use crate::{Result, setup};

/// `tests/peers/scope-oracle`. It ends when this is dropped.
pub struct ScopeOracle {
    /// Its endpoint.
    pub url: String,
    _process: Process,
}

impl ScopeOracle {
    /// Starts one that trusts the tokens of `issuer`.
    pub async fn start(issuer: &str) -> Result<Self> {
        let folder = setup::peer("scope-oracle");
        setup::node_modules(&folder).await?;
        let mut node = Command::new("node");
        node.arg(folder.join("main.mjs")).env("ISSUER", issuer);
        let mut process = Process::start(&mut node)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the oracle ended at once".into());
        };
        let ready: json::Value = json::from_str(&line)?;
        Ok(Self {
            url: ready["url"].as_str().unwrap_or_default().to_owned(),
            _process: process,
        })
    }

    /// How often one of its handlers ran.
    pub async fn ran(&self, http: &Client) -> Result<usize> {
        let counter = self.url.replace("/mcp", "/ran");
        let text = http.get(counter).send().await?.text().await?;
        Ok(text.parse()?)
    }
}
