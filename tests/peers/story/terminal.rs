//! Where somebody types commands.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use support::{Result, example};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Longer than any line takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Follows the output of what came back.
const PROMPT: &str = "what next?";

/// Starts what is built already. `run` is `exec` for a program that stays, so that it ends with its shell.
const CARGO: &str = r#"
set -eu
exec 2>&1
run=
cargo() {
    if [ "$1 $2 ${4:---}" != "run --example --" ]; then
        echo "no command of an example: cargo $*"
        exit 1
    fi
    local program="$EXAMPLES/$3"
    shift $(( $# < 4 ? $# : 4 ))
    $run "$program" "$@" < /dev/null
}
"#;

/// A shell in which `cargo run --example` works. It ends when this is dropped, with what was started in it.
pub(super) struct Terminal {
    _shell: Child,
    keyboard: ChildStdin,
    screen: Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    /// One in which nothing is set, save that the examples take another port than they would.
    pub(super) async fn open(port: u16) -> Result<Self> {
        let program = PathBuf::from(example("whoami").as_std().get_program());
        let mut command = Command::new("bash");
        command
            .args(["--norc", "--noprofile"])
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("EXAMPLES", program.parent().ok_or("no folder")?)
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("SERVER", format!("http://127.0.0.1:{port}/mcp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut shell = command.spawn()?;
        let screen = shell.stdout.take().ok_or("no standard output")?;
        let mut terminal = Self {
            keyboard: shell.stdin.take().ok_or("no standard input")?,
            screen: BufReader::new(screen).lines(),
            _shell: shell,
        };
        terminal.enter(CARGO).await?;
        Ok(terminal)
    }

    /// Runs commands that come back, all of them well; returns what they say.
    pub(super) async fn run(&mut self, commands: &str) -> Result<String> {
        self.enter(&format!("{commands}\necho '{PROMPT}'\n"))
            .await?;
        self.until(PROMPT).await
    }

    /// Starts a program that goes on.
    pub(super) async fn start(&mut self, command: &str) -> Result<()> {
        self.enter(&format!("run=exec\n{command}\n")).await
    }

    /// What is said before the line with these words.
    pub(super) async fn until(&mut self, words: &str) -> Result<String> {
        let mut said = String::new();
        while let Some(line) = self.line().await? {
            if line.contains(words) {
                return Ok(said);
            }
            said += &(line + "\n");
        }
        Err(format!("it ended without {words:?}:\n{said}").into())
    }

    /// What is said next, unless the shell has ended.
    pub(super) async fn line(&mut self) -> Result<Option<String>> {
        let line = timeout(PATIENCE, self.screen.next_line()).await;
        Ok(line.map_err(|_| "it says nothing, and does not end")??)
    }

    async fn enter(&mut self, text: &str) -> Result<()> {
        Ok(self.keyboard.write_all(text.as_bytes()).await?)
    }
}
