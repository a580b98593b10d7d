//! A child process that speaks lines of JSON.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::{Result, setup};

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// The process ends when this is dropped: it is killed, and its standard input closes.
pub(crate) struct Process {
    child: Child,
    /// `None` once it has ended.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    complaints: JoinHandle<String>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut errors = child.stderr.take().ok_or("no standard error")?;
        // Read all the time, or the process would stop where the pipe is full.
        let complaints = tokio::spawn(async move {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text).await;
            text
        });
        let output = BufReader::new(output).lines();
        Ok(Self {
            child,
            input,
            output,
            complaints,
        })
    }

    /// The next line, or none when the process has ended.
    pub(crate) async fn line(&mut self) -> Result<Option<String>> {
        Ok(self.output.next_line().await?)
    }

    pub(crate) async fn say(&mut self, line: &json::Value) -> Result<()> {
        let input = self.input.as_mut().ok_or("no standard input")?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(input.flush().await?)
    }

    /// Sends it a signal: `STOP` for one that hangs, `CONT` for one that goes on.
    pub(crate) async fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().ok_or("the process has ended")?.to_string();
        let mut kill = Command::new("sh");
        setup::run(kill.args(["-c", r#"kill -s "$0" "$1""#, name, &id])).await
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Ends it at once, and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Waits for the end, and fails with what the process complained about if that was not a good
    /// one.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        drop(self.input.take());
        let status = self.child.wait().await?;
        if status.success() {
            return Ok(());
        }
        Err(format!("{status}: {}", (&mut self.complaints).await?).into())
    }

    /// Asks it to end, and gives it some seconds to clean up, before it is killed: where nothing can be
    /// awaited any more, in a test that failed.
    pub(crate) fn wind_down(&mut self) {
        drop(self.input.take());
        let Some(id) = self.child.id() else { return };
        let mut kill = std::process::Command::new("sh");
        let _ = kill
            .args(["-c", r#"kill -s TERM "$0""#, &id.to_string()])
            .status();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}
