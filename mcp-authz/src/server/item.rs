//! What a server guards, one by one: where annotated functions and written rules become the same.

use std::fmt;

use serde::Serialize;

use crate::gate::{Rule, Rules};
use crate::registry::{Hints, Origin, ToolEntry};

/// A kind of item that a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A tool, by its name.
    Tool,
    /// A prompt, by its name.
    Prompt,
    /// A resource, by its URI, or a template of such.
    Resource,
    /// A method that MCP does not know.
    Method,
}

/// One guarded item before the server is built.
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) rule: Rule,
    pub(super) hints: Hints,
    /// Where it is declared, if it is annotated.
    pub(super) origin: Option<Origin>,
}

impl Item {
    pub(super) fn of_tool(tool: &ToolEntry) -> Self {
        Self {
            kind: Kind::Tool,
            name: tool.name().to_owned(),
            rule: tool.rule(),
            hints: tool.spec().hints,
            origin: Some(tool.spec().origin),
        }
    }

    /// The items that were written down as rules.
    pub(super) fn of_rules(rules: &Rules) -> Vec<Self> {
        let kinds = [
            (Kind::Tool, &rules.tools),
            (Kind::Prompt, &rules.prompts),
            (Kind::Resource, &rules.resources),
            (Kind::Method, &rules.methods),
        ];
        let all = kinds.into_iter().flat_map(|(kind, named)| {
            named.iter().map(move |(name, rule)| Self {
                kind,
                name: name.clone(),
                rule: rule.clone(),
                hints: Hints::default(),
                origin: None,
            })
        });
        all.collect()
    }

    /// The rules of these items.
    pub(super) fn rules(items: &[Self]) -> Rules {
        items.iter().fold(Rules::new(), |rules, item| {
            let (name, rule) = (item.name.clone(), item.rule.clone());
            match item.kind {
                Kind::Tool => rules.tool(name, rule),
                Kind::Prompt => rules.prompt(name, rule),
                Kind::Resource => rules.resource(name, rule),
                Kind::Method => rules.method(name, rule),
            }
        })
    }

    /// How to declare it otherwise: where the author would write it.
    pub(super) fn where_written(&self) -> String {
        match (self.origin, self.kind) {
            (Some(_), kind) => format!("`#[{kind}(..)]`"),
            (None, _) => "its rule".to_owned(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Method => "method",
        })
    }
}

/// As a start-up error names it: `tool "whoami" (src/main.rs:7)`.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind, self.name)?;
        match self.origin {
            Some(Origin { file, line, .. }) => write!(f, " ({file}:{line})"),
            None => Ok(()),
        }
    }
}
