//! A real browser, for what only a browser can show.

use std::path::Path;

use json::{Value, json};
use tokio::process::Command;

use crate::lines::Process;
use crate::{Answer, Result, Scratch, setup};

/// Chromium, driven by the programs in `tests/peers/browser`, with one person's cookies.
pub struct Browser(Driver);

/// One of these programs. What Chromium puts into the temporary folder goes with it.
struct Driver {
    process: Process,
    temporary: Scratch,
}

/// What the way to the authorization server and back was like.
#[derive(Debug)]
pub struct Visit {
    /// Where the browser was sent back to the client.
    pub callback: String,
    /// The texts of the pages that the person saw.
    pub pages: Vec<String>,
}

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
    /// Opens one for somebody who can sign in under this name. Pictures of the pages go to
    /// `target/peers/pages/FOLDER/`.
    pub async fn of(name: &str, folder: &str) -> Result<Self> {
        let arguments = [name, &pictures(folder)?];
        Ok(Self(Driver::start("visit.mjs", &arguments).await?))
    }

    /// Opens an authorization URL, signs in where that is asked, and answers the consent page, if
    /// there is one.
    pub async fn visit(&mut self, url: &str, answer: Answer) -> Result<Visit> {
        let answer = match answer {
            Answer::Allow => "allow",
            Answer::Deny => "deny",
        };
        let told = self.order(&json!({ "url": url, "answer": answer })).await?;
        let callback = told["callback"].as_str();
        Ok(Visit {
            callback: callback.ok_or_else(|| told.to_string())?.to_owned(),
            pages: texts(&told["pages"]),
        })
    }

    /// Opens a page of the authorization server's and presses a button there; returns the texts before
    /// and after.
    pub async fn press(&mut self, url: &str, button: &str) -> Result<Vec<String>> {
        let told = self.order(&json!({ "url": url, "press": button })).await?;
        Ok(texts(&told["pages"]))
    }

    /// Where Chromium puts its profile and the like, as long as this lives.
    pub fn temporary(&self) -> &Path {
        self.0.temporary.path()
    }

    async fn order(&mut self, order: &Value) -> Result<Value> {
        self.0.process.say(order).await?;
        let told = self.0.told().await?;
        match told["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(told),
        }
    }

    /// Takes these steps (see `walk.mjs`) by the keyboard. Pictures go to
    /// `target/peers/pages/FOLDER/`.
    pub async fn walk(redirect_uri: &str, steps: &Value, folder: &str) -> Result<Walk> {
        let pictures = pictures(folder)?;
        let steps = steps.to_string();
        let arguments = [redirect_uri, &pictures, &steps];
        let told = Driver::start("walk.mjs", &arguments).await?.told().await?;
        let looks = told["looks"].as_array().into_iter().flatten();
        Ok(Walk {
            callbacks: texts(&told["callbacks"]),
            looks: looks.map(Look::read).collect(),
        })
    }
}

impl Driver {
    async fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        let peer = setup::peer("browser");
        setup::node_modules(&peer).await?;
        let temporary = Scratch::new("browser")?;
        let mut node = Command::new("node");
        node.arg(peer.join(program)).args(arguments);
        node.env("TMPDIR", temporary.path());
        Ok(Self {
            process: Process::start(&mut node)?,
            temporary,
        })
    }

    /// The next line that it says.
    async fn told(&mut self) -> Result<Value> {
        match self.process.line().await? {
            Some(line) => Ok(json::from_str(&line)?),
            None => {
                self.process.finish().await?;
                Err("the browser has ended".into())
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.process.wind_down();
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

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}
