//! What a server guards, one by one: where annotated functions and written rules become the same.

use std::collections::BTreeMap;
use std::fmt;

use super::toolsets::Toolsets;
use crate::extract::Signature;
use crate::gate::{Rule, Rules, Written};
use crate::registry::{Access, Entry, Hints, Kind, Part};

/// What a handler says about what it offers.
pub(super) type Sayings = BTreeMap<(Kind, String), Said>;

/// What a handler says about one item.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) description: Option<String>,
    pub(super) hints: Hints,
}

/// One guarded item before the server is built.
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) rule: Rule,
    pub(super) hints: Hints,
    pub(super) toolset: Option<&'static str>,
    /// What its author says about it.
    pub(super) description: Option<String>,
    /// The crate that declares it, if it is annotated.
    pub(super) crate_name: Option<&'static str>,
    /// Where it is declared, or its rule written.
    pub(super) file: &'static str,
    pub(super) line: u32,
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
            crate_name: Some(spec.origin.crate_name),
            file: spec.origin.file,
            line: spec.origin.line,
        }
    }

    /// The items that were written down as rules, with what the handler says about them.
    pub(super) fn of_rules(rules: &Rules, said: &Sayings) -> Vec<Self> {
        let kinds = [
            (Kind::Tool, &rules.tools),
            (Kind::Prompt, &rules.prompts),
            (Kind::Resource, &rules.resources),
            (Kind::Method, &rules.methods),
        ];
        let all = kinds.into_iter().flat_map(|(kind, named)| {
            named.iter().map(move |written| {
                let said = said.get(&(kind, written.name.clone())).cloned();
                Self::of_rule(kind, written, said.unwrap_or_default())
            })
        });
        all.collect()
    }

    fn of_rule(kind: Kind, written: &Written, said: Said) -> Self {
        Self {
            kind,
            name: written.name.clone(),
            rule: written.rule.clone(),
            hints: said.hints,
            toolset: None,
            description: said.description,
            crate_name: None,
            file: written.at.file(),
            line: written.at.line(),
        }
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
        match (self.crate_name, self.kind) {
            (Some(_), kind) => format!("`#[{kind}(..)]`"),
            (None, _) => "its rule".to_owned(),
        }
    }
}

/// As a start-up error names it: `tool "whoami" (src/main.rs:7)`.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            name,
            file,
            line,
            ..
        } = self;
        write!(f, "{kind} {name:?} ({file}:{line})")
    }
}
