//! The toolsets of a server: which of them join, and what all functions of one ask for besides.

use std::collections::BTreeMap;

use crate::gate::Rule;
use crate::registry::{Access, Entry, Part};
use crate::scope::Requirement;

/// What a server says about toolsets.
#[derive(Default)]
pub(super) struct Toolsets(BTreeMap<String, Vec<Requirement>>);

impl Toolsets {
    pub(super) fn join(&mut self, name: String) -> &mut Vec<Requirement> {
        self.0.entry(name).or_default()
    }

    /// Those that join, in the order of their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What `name` asks for besides what a function declares itself.
    pub(super) fn asks(&self, name: Option<&str>) -> &[Requirement] {
        let asked = name.and_then(|name| self.0.get(name));
        asked.map_or(&[], Vec::as_slice)
    }

    /// The rule of a function on this server: what it declares, and what its toolset asks for.
    pub(super) fn rule<P: Part>(&self, entry: &Entry<P>) -> Rule {
        let mut rule = entry.rule();
        for more in self.asks(entry.spec().toolset) {
            rule.access = match rule.access {
                Access::Scopes(own) => Access::Scopes(Requirement::all([own, more.clone()])),
                Access::Authenticated | Access::Anonymous => Access::Scopes(more.clone()),
            };
        }
        rule
    }
}
