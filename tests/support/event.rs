//! What an agent reports while it works.

use json::Value;

use crate::{Error, Result};

/// One step of an agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The server wants a token (401), and says which scopes to begin with.
    Unauthorized { scope: Option<String> },
    /// The person has to visit this page.
    Authorize { url: String },
    /// The handshake is done, in this revision of the protocol.
    Connected { revision: String },
    /// The tools that the server lists.
    Tools { names: Vec<String> },
    /// A tool ran.
    Called { tool: String, result: Value },
    /// The prompts that the server lists.
    Prompts { names: Vec<String> },
    /// A prompt was given.
    Got { prompt: String, result: Value },
    /// The resources that the server lists.
    Resources { uris: Vec<String> },
    /// A resource was read.
    Read { uri: String, result: Value },
    /// The token is not enough (403), and the server says what is.
    Refused { scope: Option<String> },
    /// The authorization server sent the person back with an error instead of a code.
    Denied { error: String, holds_token: bool },
    /// Something that none of the above explains.
    Failed { message: String },
    /// The agent has ended.
    Done,
}

impl Event {
    /// Reads what a runner printed.
    pub(crate) fn from_line(line: &str) -> Result<Self> {
        let value: Value = json::from_str(line)?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let must = |name: &str| text(name).ok_or_else(|| Error::from(format!("no {name}: {line}")));
        Ok(match must("event")?.as_str() {
            "unauthorized" => Self::Unauthorized {
                scope: text("scope"),
            },
            "authorize" => Self::Authorize { url: must("url")? },
            "connected" => Self::Connected {
                revision: must("revision")?,
            },
            "tools" => Self::Tools {
                names: strings(&value["names"]),
            },
            "called" => Self::Called {
                tool: must("tool")?,
                result: value["result"].clone(),
            },
            "prompts" => Self::Prompts {
                names: strings(&value["names"]),
            },
            "got" => Self::Got {
                prompt: must("prompt")?,
                result: value["result"].clone(),
            },
            "resources" => Self::Resources {
                uris: strings(&value["uris"]),
            },
            "read" => Self::Read {
                uri: must("uri")?,
                result: value["result"].clone(),
            },
            "refused" => Self::Refused {
                scope: text("scope"),
            },
            "denied" => Self::Denied {
                error: must("error")?,
                holds_token: value["holds_token"] == true,
            },
            "failed" => Self::Failed {
                message: must("message")?,
            },
            "done" => Self::Done,
            other => return Err(format!("unknown event {other}").into()),
        })
    }
}

fn strings(value: &Value) -> Vec<String> {
    let values = value.as_array().into_iter().flatten();
    values
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

/// Everything that one agent reported, in order.
#[derive(Debug, Default)]
pub struct Transcript(pub Vec<Event>);

impl Transcript {
    /// The result of the tool, prompt or resource, if it was had.
    pub fn result_of(&self, item: &str) -> Option<&Value> {
        self.0.iter().find_map(|event| match event {
            Event::Called { tool: name, result }
            | Event::Got {
                prompt: name,
                result,
            }
            | Event::Read { uri: name, result }
                if name == item =>
            {
                Some(result)
            }
            _ => None,
        })
    }

    /// The scopes of each 401, sorted.
    pub fn unauthorized(&self) -> Vec<String> {
        self.scopes(|event| match event {
            Event::Unauthorized { scope } => Some(scope.clone()),
            _ => None,
        })
    }

    /// The scopes of each 403, sorted.
    pub fn refused(&self) -> Vec<String> {
        self.scopes(|event| match event {
            Event::Refused { scope } => Some(scope.clone()),
            _ => None,
        })
    }

    /// How the authorization server turned the agent away, and whether it holds a token all the same.
    pub fn denied(&self) -> Option<(&str, bool)> {
        self.0.iter().find_map(|event| match event {
            Event::Denied { error, holds_token } => Some((error.as_str(), *holds_token)),
            _ => None,
        })
    }

    /// The revision of the protocol that was spoken, if the agent got that far.
    pub fn revision(&self) -> Option<&str> {
        self.0.iter().find_map(|event| match event {
            Event::Connected { revision } => Some(revision.as_str()),
            _ => None,
        })
    }

    fn scopes(&self, pick: impl Fn(&Event) -> Option<Option<String>>) -> Vec<String> {
        self.0.iter().filter_map(pick).map(sorted).collect()
    }
}

fn sorted(scope: Option<String>) -> String {
    let scope = scope.unwrap_or_default();
    let mut tokens: Vec<&str> = scope.split_whitespace().collect();
    tokens.sort_unstable();
    tokens.join(" ")
}
