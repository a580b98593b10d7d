//! The examples as processes of their own, as their headers say.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout_at};

use crate::Result;

/// Longer than any step takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An example of this name. Cargo builds them with the tests, beside them.
pub fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("this test is a file");
    let target = test.ancestors().nth(2).map(PathBuf::from);
    let folder = target.unwrap_or_default().join("examples");
    let mut command = Command::new(folder.join(name));
    command.kill_on_drop(true);
    command
}

/// The agent of `examples/agent.rs` at work. It ends when this is dropped.
pub struct SmartMail {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it has told the terminal so far.
    pub told: String,
}

impl SmartMail {
    /// Sends it to a server. Without `--user` among the flags it waits for a browser.
    pub fn start(server: &str, flags: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        let mut command = example("agent");
        for own in [
            "CLIENT_ID",
            "CLIENT_SECRET",
            "CLIENT_METADATA_URL",
            "REDIRECT_URI",
        ] {
            command.env_remove(own);
        }
        command
            .args(flags)
            .env("SERVER", server)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        Ok(Self {
            child,
            lines: BufReader::new(output).lines(),
            told: String::new(),
        })
    }

    /// Goes on until it sends its person to a page, and returns that.
    pub async fn asks(&mut self) -> Result<String> {
        self.says("The person decides at").await?;
        let page = self.says("").await?;
        Ok(page.trim().to_owned())
    }

    /// Goes on until it tells something with these words, and returns the line.
    pub async fn says(&mut self, words: &str) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(line) = self.line(deadline).await? {
            if line.contains(words) {
                return Ok(line);
            }
        }
        Err(format!("it ended without {words:?}:\n{}", self.told).into())
    }

    /// Goes on to its end, and returns all that it told. Also one that failed has an end.
    pub async fn end(mut self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        while self.line(deadline).await?.is_some() {}
        let mut errors = self.child.stderr.take().ok_or("no standard error")?;
        errors.read_to_string(&mut self.told).await?;
        self.child.wait().await?;
        Ok(self.told)
    }

    async fn line(&mut self, deadline: Instant) -> Result<Option<String>> {
        let line = timeout_at(deadline, self.lines.next_line()).await;
        let line = line.map_err(|_| format!("it goes on and on:\n{}", self.told))??;
        if let Some(line) = &line {
            self.told.push_str(line);
            self.told.push('\n');
        }
        Ok(line)
    }
}
