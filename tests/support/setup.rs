//! What the peers need on this machine, installed once and kept.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tokio::time::sleep;

use crate::Result;

/// A program that not every machine has.
#[derive(Clone, Copy, Debug)]
pub enum Tool {
    Node,
    Python,
    OpenSsl,
    Chromium,
    Glewlwyd,
}

impl Tool {
    fn probe(self) -> (&'static str, &'static [&'static str]) {
        const NEW_ENOUGH: &str =
            "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
        // With the database that its package brings along.
        const DEBIAN_S: &str = "glewlwyd --version && test -r /usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";
        match self {
            Self::Node => ("npm", &["--version"]),
            Self::Python => ("python3", &["-c", NEW_ENOUGH]),
            Self::OpenSsl => ("openssl", &["version"]),
            Self::Chromium => ("/usr/bin/chromium", &["--version"]),
            Self::Glewlwyd => ("sh", &["-c", DEBIAN_S]),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Node => "Node.js 20 or later with npm",
            Self::Python => "Python 3.10 or later with venv",
            Self::OpenSsl => "openssl",
            Self::Chromium => "Chromium at /usr/bin/chromium",
            Self::Glewlwyd => "Debian's glewlwyd",
        }
    }

    async fn is_there(self) -> bool {
        let (program, args) = self.probe();
        let mut command = Command::new(program);
        command
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().await.is_ok_and(|status| status.success())
    }
}

/// Whether a test that needs these tools can run. Where one is missing, the test says so and
/// passes: Rust alone is enough to work on this. In CI (`CI` is set) nothing is left out.
pub async fn have(tools: &[Tool]) -> bool {
    for tool in tools {
        if tool.is_there().await {
            continue;
        }
        let wanted = tool.wanted();
        assert!(std::env::var_os("CI").is_none(), "CI must have {wanted}");
        eprintln!("not run: this test needs {wanted}");
        return false;
    }
    true
}

/// A loopback port that nobody listens at.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder of a peer.
pub(crate) fn peer(name: &str) -> PathBuf {
    root().join("tests/peers").join(name)
}

/// A folder for what the tests make.
pub(crate) fn target(name: &str) -> PathBuf {
    root().join("target/peers").join(name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Installs what the lock file of a Node peer names, unless that is already there.
pub(crate) async fn node_modules(folder: &Path) -> Result<()> {
    let (wanted, done) = (
        folder.join("package-lock.json"),
        folder.join("node_modules/.installed"),
    );
    once(&wanted, &done, async || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        run(npm.current_dir(folder)).await
    })
    .await
}

/// The Python of an environment that holds what the peer requires.
pub(crate) async fn python(folder: &Path) -> Result<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let venv = target(&format!("venv-{name}"));
    let (wanted, done) = (folder.join("requirements.txt"), venv.join("installed"));
    once(&wanted, &done, async || {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv))
        .await?;
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--requirement",
        ]);
        run(pip.arg(&wanted)).await
    })
    .await?;
    Ok(venv.join("bin/python"))
}

/// Runs `install` unless `done` says what `wanted` says. Tests run in parallel, also in separate
/// processes, so the first one installs and the others wait.
async fn once(wanted: &Path, done: &Path, install: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read_to_string(wanted)?;
    let is_done = || fs::read_to_string(done).is_ok_and(|found| found == wanted);
    if is_done() {
        return Ok(());
    }
    let name = done.to_string_lossy().replace(['/', '\\'], "-");
    let _lock = Lock::take(target(&format!("lock{name}"))).await?;
    if is_done() {
        return Ok(());
    }
    install().await?;
    Ok(fs::write(done, &wanted)?)
}

/// A folder that only one can make. It outlives a test that was killed, so an old one is no lock.
struct Lock(PathBuf);

impl Lock {
    async fn take(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(target(""))?;
        while fs::create_dir(&path).is_err() {
            if age(&path) > Duration::from_secs(300) {
                let _ = fs::remove_dir(&path);
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(Self(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

fn age(path: &Path) -> Duration {
    let made = fs::metadata(path).and_then(|data| data.modified());
    let made = made.unwrap_or_else(|_| SystemTime::now());
    made.elapsed().unwrap_or_default()
}

/// Runs a command to its end, and fails with what it complained about.
pub(crate) async fn run(command: &mut Command) -> Result<()> {
    let output = command.output().await?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
