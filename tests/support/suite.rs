//! The official conformance suite of MCP, as a process of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{Result, setup};

/// npm `@modelcontextprotocol/conformance`.
pub struct Suite;

/// What one run of it found.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// The checks of each scenario, in their order.
    pub scenarios: BTreeMap<String, Vec<Value>>,
    /// Checks that passed.
    pub passed: usize,
    /// Checks that failed.
    pub failed: usize,
}

impl Suite {
    /// Runs all scenarios of a revision against the server at `url`. The reports are kept in
    /// `target/peers/conformance/FOLDER/`.
    pub async fn revision(url: &str, revision: &str, folder: &str) -> Result<Verdicts> {
        run(url, &["--requirements", revision], folder).await
    }

    /// Runs one scenario that no revision requires: an extension's.
    pub async fn scenario(url: &str, name: &str, revision: &str, folder: &str) -> Result<Verdicts> {
        let selection = ["--scenario", name, "--spec-version", revision, "--force"];
        run(url, &selection, folder).await
    }
}

async fn run(url: &str, selection: &[&str], folder: &str) -> Result<Verdicts> {
    let peer = setup::peer("conformance");
    setup::node_modules(&peer).await?;
    let reports = setup::target("conformance").join(folder);
    if reports.exists() {
        fs::remove_dir_all(&reports)?;
    }
    fs::create_dir_all(&reports)?;
    let mut suite = Command::new(node(&peer));
    suite
        .arg(peer.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
        .args(["server", "--url", url])
        .args(selection)
        .arg("-o")
        .arg(&reports)
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(300), suite.output()).await??;
    let verdicts = Verdicts::read(&reports)?;
    if verdicts.scenarios.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the suite ran nothing: {said}").into());
    }
    Ok(verdicts)
}

/// The Node.js that the lock file names, or another one where that has no build.
fn node(peer: &Path) -> PathBuf {
    let own = peer.join("node_modules/.bin/node");
    if own.exists() { own } else { "node".into() }
}

impl Verdicts {
    /// Reads what the suite wrote: a folder `server-SCENARIO-TIME` for each scenario.
    fn read(reports: &Path) -> Result<Self> {
        let mut verdicts = Self::default();
        for entry in fs::read_dir(reports)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let scenario = scenario_of(&name).ok_or_else(|| format!("no scenario: {name}"))?;
            let checks = fs::read(entry.path().join("checks.json"))?;
            verdicts.add(scenario, json::from_slice(&checks)?);
        }
        Ok(verdicts)
    }

    fn add(&mut self, scenario: &str, checks: Vec<Value>) {
        let with = |status: &str| {
            checks
                .iter()
                .filter(|check| check["status"] == status)
                .count()
        };
        self.passed += with("SUCCESS");
        self.failed += with("FAILURE");
        self.scenarios.insert(scenario.to_owned(), checks);
    }

    /// Adds what another run found.
    pub fn extend(&mut self, more: Self) {
        for (scenario, checks) in more.scenarios {
            self.add(&scenario, checks);
        }
    }
}

/// `ping` of `server-ping-2026-11-24T05-59-00-000Z`.
fn scenario_of(folder: &str) -> Option<&str> {
    let rest = folder.strip_prefix("server-")?;
    let time = "-2026-11-24T05-59-00-000Z".len();
    rest.get(..rest.len().checked_sub(time)?)
}
