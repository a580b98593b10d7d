//! The builder of a server.

use super::settings::{Settings, with_settings};
use crate::extract::App;
use crate::registry::{self, ToolEntry};

/// Makes a [`Server`](crate::Server). Every mistake in what it was given is reported by
/// [`build`](Self::build), all at once.
#[must_use]
pub struct ServerBuilder {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) instructions: Option<String>,
    pub(super) settings: Settings,
    pub(super) app: App,
    pub(super) tools: Selection,
}

/// Which of the declared tools a server has.
pub(super) enum Selection {
    /// All that the program declared, and these.
    DeclaredAnd(Vec<ToolEntry>),
    /// These alone.
    Exactly(Vec<ToolEntry>),
}

impl Selection {
    fn add(&mut self, tool: ToolEntry) {
        let (Self::DeclaredAnd(tools) | Self::Exactly(tools)) = self;
        tools.push(tool);
    }

    /// The tools, each declaration once, in the order in which they are listed.
    pub(super) fn resolve(self) -> Vec<ToolEntry> {
        let (mut tools, more) = match self {
            Self::DeclaredAnd(more) => (registry::declared(), more),
            Self::Exactly(tools) => (Vec::new(), tools),
        };
        for tool in more {
            if !tools.iter().any(|known| known.is(&tool)) {
                tools.push(tool);
            }
        }
        tools.sort_by_key(ToolEntry::name);
        tools
    }
}

impl ServerBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: "0.0.0".into(),
            instructions: None,
            settings: Settings::default(),
            app: App::default(),
            tools: Selection::DeclaredAnd(Vec::new()),
        }
    }

    /// A value that tools take as [`State<T>`](crate::State).
    pub fn state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.app.insert(state);
        self
    }

    /// Adds a tool; one that was discovered already changes nothing.
    pub fn tool(mut self, tool: ToolEntry) -> Self {
        self.tools.add(tool);
        self
    }

    /// Exactly these tools: what else the program declares is left out.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolEntry>) -> Self {
        self.tools = Selection::Exactly(tools.into_iter().collect());
        self
    }

    /// The version that clients see.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// What a model is told about using this server.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }
}

with_settings!(ServerBuilder);
