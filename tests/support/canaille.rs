//! canaille, an OpenID provider that knows no resources, as a process of its own.

use json::Value;
use tokio::process::Command;

use crate::lines::Process;
use crate::{Result, setup};

/// PyPI `canaille` on a free loopback port. It ends when this is dropped.
pub struct Canaille {
    /// Its issuer.
    pub issuer: String,
    _process: Process,
}

impl Canaille {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let folder = setup::peer("canaille");
        let mut python = Command::new(setup::python(&folder).await?);
        python
            .arg(folder.join("main.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let mut process = Process::start(&mut python)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the provider ended at once".into());
        };
        let ready: Value = json::from_str(&line)?;
        let issuer = ready["issuer"].as_str().ok_or(line)?.to_owned();
        Ok(Self {
            issuer,
            _process: process,
        })
    }
}
