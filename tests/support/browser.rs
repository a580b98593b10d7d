//! A real browser, for what only a browser can show.

use tokio::process::Command;

use crate::lines::Process;
use crate::{Answer, Result, setup};

/// Chromium, driven by `tests/peers/browser/visit.mjs`.
pub struct Browser;

impl Browser {
    /// Opens an authorization URL, signs in as `name`, answers the consent page and returns the
    /// callback address. Pictures of the pages go to `target/peers/pages/FOLDER/`.
    pub async fn visit(url: &str, name: &str, answer: Answer, folder: &str) -> Result<String> {
        let peer = setup::peer("browser");
        setup::node_modules(&peer).await?;
        let pictures = setup::target("pages").join(folder);
        std::fs::create_dir_all(&pictures)?;
        let answer = match answer {
            Answer::Allow => "allow",
            Answer::Deny => "deny",
        };
        let mut node = Command::new("node");
        node.arg(peer.join("visit.mjs"));
        node.args([url, name, answer]).arg(&pictures);
        let mut process = Process::start(&mut node)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the browser said nothing".into());
        };
        process.finish().await?;
        let callback = json::from_str::<json::Value>(&line)?["callback"]
            .as_str()
            .map(str::to_owned);
        Ok(callback.ok_or(line)?)
    }
}
