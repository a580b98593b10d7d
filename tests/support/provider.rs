//! The certified OpenID provider, as a process of its own.

use json::json;
use tokio::process::Command;

use crate::lines::Process;
use crate::{Logto, Result, setup};

/// npm `oidc-provider` on a loopback port. It ends when this is dropped.
pub struct OidcProvider {
    /// Its issuer.
    pub issuer: String,
    /// A client ID metadata document that it can fetch and trusts.
    pub metadata_document: String,
    process: Process,
}

impl OidcProvider {
    /// Starts one that issues tokens for this resource alone.
    pub async fn start(resource: &str) -> Result<Self> {
        Self::start_with(resource, &[]).await
    }

    /// The same with settings of `tests/peers/oidc-provider/main.mjs`, such as `("ALG", "EdDSA")`.
    pub async fn start_with(resource: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let settings = [&[("RESOURCE", resource)], settings].concat();
        Self::run("main.mjs", &settings).await
    }

    /// The engine of a Logto tenant, behind that tenant's proxy: what it issues depends on what the
    /// Management API has. Settings are those of `tests/peers/oidc-provider/tenant.mjs`.
    pub async fn of_tenant(logto: &Logto, settings: &[(&str, &str)]) -> Result<Self> {
        let app = format!("{}:{}", Logto::APP.0, Logto::APP.1);
        let own = [("TENANT", logto.endpoint()), ("APP", &app)];
        Self::run("tenant.mjs", &[&own, settings].concat()).await
    }

    async fn run(program: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = setup::peer("oidc-provider");
        setup::node_modules(&folder).await?;
        let mut node = Command::new("node");
        node.arg(folder.join(program))
            .envs(settings.iter().copied());
        let mut process = Process::start(&mut node)?;
        let Some(line) = process.line().await? else {
            process.finish().await?;
            return Err("the provider ended at once".into());
        };
        let ready: json::Value = json::from_str(&line)?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            issuer: text("issuer"),
            metadata_document: text("metadata_document"),
            process,
        })
    }

    /// Signs with new keys from now on; the old ones stay published.
    pub async fn add_keys(&mut self) -> Result<()> {
        self.order("add").await
    }

    /// Signs with new keys from now on, and publishes no others.
    pub async fn replace_keys(&mut self) -> Result<()> {
        self.order("replace").await
    }

    /// In the shape of Logto: signs with a new key of this kind from now on, `EC` or `RSA`; the old
    /// one stays.
    pub async fn rotate(&mut self, kind: &str) -> Result<()> {
        self.tell("rotate", kind).await
    }

    /// In the shape of Logto: somebody is suspended, and loses what they allowed.
    pub async fn suspend(&mut self, person: &str) -> Result<()> {
        self.tell("suspend", person).await
    }

    /// In the shape of Logto: what somebody allowed is taken back.
    pub async fn take_back(&mut self, person: &str) -> Result<()> {
        self.tell("take_back", person).await
    }

    /// In the shape of Logto: somebody may sign in again.
    pub async fn restore(&mut self, person: &str) -> Result<()> {
        self.tell("restore", person).await
    }

    async fn order(&mut self, what: &str) -> Result<()> {
        self.tell("keys", what).await
    }

    async fn tell(&mut self, order: &str, what: &str) -> Result<()> {
        self.process.say(&json!({ order: what })).await?;
        let answer = self.process.line().await?;
        answer.map(drop).ok_or("the provider has ended".into())
    }

    /// Stops answering, with its port still open: requests hang.
    pub async fn hang(&self) -> Result<()> {
        self.process.signal("STOP").await
    }

    /// Goes on after [`hang`](Self::hang).
    pub async fn go_on(&self) -> Result<()> {
        self.process.signal("CONT").await
    }

    /// Ends at once: connections are refused.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }
}
