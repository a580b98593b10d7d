//! A real browser, for what only a browser can show.

use json::Value;
use tokio::process::Command;

use crate::lines::Process;
use crate::{Answer, Result, setup};

/// Chromium, driven by the programs in `tests/peers/browser`.
pub struct Browser;

/// What a walk through pages showed.
#[derive(Debug)]
pub struct Walk {
    /// Where the browser was sent back to the client.
    pub callbacks: Vec<String>,
    pub looks: Vec<Look>,
}

/// A page as it was looked at.
#[derive(Debug)]
pub struct Look {
    pub title: String,
    pub url: String,
    pub text: String,
    /// What Tab reaches, in its order, as a screen reader says it.
    pub controls: Vec<String>,
    /// What a checker for accessibility finds.
    pub problems: Vec<String>,
}

impl Browser {
    /// Opens an authorization URL, signs in as `name`, answers the consent page and returns the
    /// callback address. Pictures of the pages go to `target/peers/pages/FOLDER/`.
    pub async fn visit(url: &str, name: &str, answer: Answer, folder: &str) -> Result<String> {
        let answer = match answer {
            Answer::Allow => "allow",
            Answer::Deny => "deny",
        };
        let pictures = pictures(folder)?;
        let told = drive("visit.mjs", &[url, name, answer, &pictures]).await?;
        let callback = told["callback"].as_str().map(str::to_owned);
        Ok(callback.ok_or_else(|| told.to_string())?)
    }

    /// Takes these steps (see `walk.mjs`) by the keyboard. Pictures go to
    /// `target/peers/pages/FOLDER/`.
    pub async fn walk(redirect_uri: &str, steps: &Value, folder: &str) -> Result<Walk> {
        let pictures = pictures(folder)?;
        let steps = steps.to_string();
        let told = drive("walk.mjs", &[redirect_uri, &pictures, &steps]).await?;
        let looks = told["looks"].as_array().into_iter().flatten();
        Ok(Walk {
            callbacks: texts(&told["callbacks"]),
            looks: looks.map(Look::read).collect(),
        })
    }
}

impl Look {
    fn read(look: &Value) -> Self {
        let text = |name: &str| look[name].as_str().unwrap_or_default().to_owned();
        Self {
            title: text("title"),
            url: text("url"),
            text: text("text"),
            controls: texts(&look["controls"]),
            problems: texts(&look["problems"]),
        }
    }
}

fn pictures(folder: &str) -> Result<String> {
    let pictures = setup::target("pages").join(folder);
    std::fs::create_dir_all(&pictures)?;
    Ok(pictures.to_string_lossy().into_owned())
}

/// Runs one of the programs, and returns the one line that it says.
async fn drive(program: &str, arguments: &[&str]) -> Result<Value> {
    let peer = setup::peer("browser");
    setup::node_modules(&peer).await?;
    let mut node = Command::new("node");
    node.arg(peer.join(program)).args(arguments);
    let mut process = Process::start(&mut node)?;
    let line = process.line().await?;
    process.finish().await?;
    Ok(json::from_str(&line.ok_or("the browser said nothing")?)?)
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}
