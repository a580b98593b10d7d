//! What a server guards, one by one: where annotated functions and written rules become the same.

use std::collections::BTreeMap;
use std::fmt;

use super::toolsets::Toolsets;
use crate::extract::Signature;
use crate::gate::{Rule, Rules};
use crate::registry::{Access, Entry, Hints, Kind, Origin, Part};

/// What a handler says about what it offers.
pub(super) type Descriptions = BTreeMap<(Kind, String), String>;

/// One guarded item before the server is built.
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) rule: Rule,
    pub(super) hints: Hints,
    pub(super) toolset: Option<&'static str>,
    /// What its author says about it.
    pub(super) description: Option<String>,
    /// Where it is declared, if it is annotated.
    pub(super) origin: Option<Origin>,
}

/// An annotated function before the server is built.
pub(super) struct Declared {
    pub(super) item: Item,
    pub(super) signature: Signature,
    /// What the function says itself, whatever its toolset asks for.
    pub(super) is_anonymous: bool,
}

impl Declared {
    pub(super) fn new<P: Part>(entry: &Entry<P>, toolsets: &Toolsets) -> Self {
        Self {
            item: Item::of(entry, toolsets),
            signature: entry.signature(),
            is_anonymous: entry.rule().access == Access::Anonymous,
        }
    }
}

impl Item {
    fn of<P: Part>(entry: &Entry<P>, toolsets: &Toolsets) -> Self {
        let spec = entry.spec();
        Self {
            kind: P::KIND,
            name: entry.key().to_owned(),
            rule: toolsets.rule(entry),
            hints: spec.part.hints(),
            toolset: spec.toolset,
            description: spec.description.map(str::to_owned),
            origin: Some(spec.origin),
        }
    }

    /// The items that were written down as rules, with what the handler says about them.
    pub(super) fn of_rules(rules: &Rules, descriptions: &Descriptions) -> Vec<Self> {
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
                toolset: None,
                description: descriptions.get(&(kind, name.clone())).cloned(),
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
