//! Agents on three SDKs, all sent on the same errand.

use std::time::Duration;

use json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::lines::Process;
use crate::setup::{self, Tool};
use crate::{Event, Person, Result, Transcript, rmcp_agent};

/// Where the agents say that the browser should come back to. Nobody listens there: the person
/// hands the address over.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:8976/callback";

/// Which SDK the agent is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    Rmcp,
    TypeScript,
    Python,
}

/// A revision of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    V2025_11_25,
    V2026_07_28,
}

impl Revision {
    /// As it is written in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }
}

/// How the agent is known to the authorization server.
#[derive(Clone, Debug)]
pub enum Registration {
    /// It registers itself when it gets there.
    Dynamic,
    /// Someone registered it before.
    Preregistered { id: String, secret: Option<String> },
    /// Its name is the address of a document about itself.
    MetadataDocument(String),
}

impl Registration {
    /// A public client that was registered before.
    pub fn preregistered(id: &str) -> Self {
        Self::Preregistered {
            id: id.to_owned(),
            secret: None,
        }
    }

    fn argument(&self) -> String {
        match self {
            Self::Dynamic => "dynamic".to_owned(),
            Self::Preregistered { id, secret: None } => format!("preregistered:{id}"),
            Self::Preregistered {
                id,
                secret: Some(secret),
            } => {
                format!("preregistered:{id}:{secret}")
            }
            Self::MetadataDocument(url) => format!("metadata-document:{url}"),
        }
    }
}

/// What the agent shall do: connect, list the tools, then one step after the other.
#[derive(Clone, Debug)]
pub struct Errand {
    pub server: String,
    pub revision: Revision,
    pub registration: Registration,
    pub steps: Vec<Step>,
}

/// One thing that an agent does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Call a tool.
    Call(&'static str, Value),
    /// List the prompts, and get one.
    Get(&'static str, Value),
    /// List the resources, and read one.
    Read(&'static str),
}

impl Step {
    /// As the runners of other SDKs take it.
    fn argument(&self) -> String {
        let step = match self {
            Self::Call(tool, arguments) => json!({ "tool": tool, "arguments": arguments }),
            Self::Get(prompt, arguments) => json!({ "prompt": prompt, "arguments": arguments }),
            Self::Read(uri) => json!({ "resource": uri }),
        };
        step.to_string()
    }
}

impl Errand {
    /// `whoami`, then `send_mail`.
    pub fn to(server: &str, revision: Revision, registration: Registration) -> Self {
        Self {
            server: server.to_owned(),
            revision,
            registration,
            steps: vec![
                Step::Call("whoami", json!({})),
                Step::Call(
                    "send_mail",
                    json!({ "to": "bob@example.com", "text": "Hello" }),
                ),
            ],
        }
    }

    /// The same way with other steps.
    pub fn with_steps(self, steps: Vec<Step>) -> Self {
        Self { steps, ..self }
    }
}

impl Agent {
    /// What this machine must have for this agent.
    pub fn needs(self) -> &'static [Tool] {
        match self {
            Self::Rmcp => &[],
            Self::TypeScript => &[Tool::Node],
            Self::Python => &[Tool::Python],
        }
    }

    /// Does the errand; `person` visits the pages that come up.
    pub async fn run(self, errand: &Errand, person: &mut Person) -> Result<Transcript> {
        let mut transcript = Transcript::default();
        let work = async {
            match self {
                Self::Rmcp => rmcp_agent::run(errand, person, &mut transcript).await,
                Self::TypeScript | Self::Python => {
                    let command = &mut self.command(errand).await?;
                    converse(Process::start(command)?, person, &mut transcript).await
                }
            }
        };
        let ended = timeout(Duration::from_secs(60), work).await;
        match ended {
            Ok(Ok(())) => Ok(transcript),
            Ok(Err(error)) => Err(format!("{error}\nafter {:#?}", transcript.0).into()),
            Err(_) => Err(format!("no end in sight after {:#?}", transcript.0).into()),
        }
    }

    async fn command(self, errand: &Errand) -> Result<Command> {
        let mut command = if self == Self::Python {
            let folder = setup::peer("python-client");
            let mut python = Command::new(setup::python(&folder).await?);
            python
                .arg(folder.join("run.py"))
                .env("PYTHONDONTWRITEBYTECODE", "1");
            python
        } else {
            let folder = setup::peer("typescript-client");
            setup::node_modules(&folder).await?;
            let mut node = Command::new("node");
            node.arg(folder.join("run.mjs"));
            node
        };
        command.args([
            &errand.server,
            errand.revision.as_str(),
            &errand.registration.argument(),
        ]);
        command.args(errand.steps.iter().map(Step::argument));
        Ok(command)
    }
}

async fn converse(
    mut agent: Process,
    person: &mut Person,
    transcript: &mut Transcript,
) -> Result<()> {
    while let Some(line) = agent.line().await? {
        let event = Event::from_line(&line)?;
        transcript.0.push(event.clone());
        if let Event::Authorize { url } = event {
            let callback = person.visit(&url).await?;
            agent.say(&json!({ "callback": callback })).await?;
        }
    }
    agent.finish().await
}
