//! What a tenant has and hands out to nobody by itself: a tool that is hidden, or for the operator's own
//! applications, must not become everybody's because its scope is one of the server's.

use std::collections::BTreeMap;

use super::step::Plan;
use super::wanted::Provisioning;
use crate::{GuardedItem, Manifest};

/// The scopes that open what is for few, each with why: those that nothing else asks for, and those that
/// include one of them.
pub(super) fn of(manifest: &Manifest) -> BTreeMap<String, String> {
    let asked_for = asked_for_by_few(manifest);
    let mut kept_back = BTreeMap::new();
    for (scope, others) in &manifest.includes {
        let some: Vec<_> = others
            .iter()
            .filter(|one| asked_for.contains_key(*one))
            .collect();
        if !some.is_empty() {
            kept_back.insert(scope.clone(), format!("it includes {}", quoted(&some)));
        }
    }
    let asked_for = asked_for.into_iter();
    kept_back.extend(asked_for.map(|(scope, items)| {
        let why = format!("it is asked for by {items} alone");
        (scope, why)
    }));
    kept_back
}

/// The scopes that only concealed and first-party items ask for, each with those items.
fn asked_for_by_few(manifest: &Manifest) -> BTreeMap<String, String> {
    let mut kept_back: BTreeMap<String, String> = BTreeMap::new();
    for item in manifest.items.iter().filter(|item| is_for_few(item)) {
        let why = match item.concealed {
            true => "concealed",
            false => "for first-party clients",
        };
        for scope in &item.scopes {
            let items = kept_back.entry(scope.clone()).or_default();
            let and = if items.is_empty() { "" } else { ", " };
            *items += &format!("{and}{} {:?} ({why})", item.kind, item.name);
        }
    }
    for item in manifest.items.iter().filter(|item| !is_for_few(item)) {
        kept_back.retain(|scope, _| !item.scopes.contains(scope));
    }
    kept_back
}

fn quoted(scopes: &[&String]) -> String {
    let quoted: Vec<String> = scopes.iter().map(|scope| format!("{scope:?}")).collect();
    quoted.join(" ")
}

/// Whether not everybody is to know of it, or to use it through an agent.
pub(super) fn is_for_few(item: &GuardedItem) -> bool {
    item.concealed || item.first_party
}

/// Those of `held` that are not wanted there, with what to do about it.
pub(super) fn besides<'a>(
    held: impl Iterator<Item = &'a str>,
    wanted: &[String],
) -> Option<String> {
    let more = held.filter(|name| !wanted.iter().any(|one| one == name));
    let more: Vec<&str> = more.collect();
    let names = more.join(" ");
    (!more.is_empty()).then(|| {
        format!("{names} besides, which stays: take it out in the console, or name it here")
    })
}

impl Provisioning {
    /// What everybody may have, by name.
    pub(super) fn for_everybody(&self) -> Vec<String> {
        let mut names: Vec<_> = self.scopes.keys().cloned().collect();
        names.retain(|name| !self.kept_back.contains_key(name));
        names
    }

    /// What the role is to hold, by name.
    pub(super) fn of_role(&self, plan: &mut Plan) -> Vec<String> {
        let Some(named) = &self.role_scopes else {
            return self.for_everybody();
        };
        for name in named.iter().filter(|name| !self.scopes.contains_key(*name)) {
            plan.problems.push(format!(
                "the role is to hold {name:?}, which is no scope of the server"
            ));
        }
        // In the order of a plan, each once.
        let names = self.scopes.keys().filter(|name| named.contains(name));
        names.cloned().collect()
    }

    /// Says what is left out, and how it is handed out all the same.
    pub(super) fn tell_kept_back(&self, plan: &mut Plan) {
        let of_role = self.role_scopes.is_none();
        let of_agents = self.agents.iter().any(|agent| agent.scopes.is_none());
        let (place, how) = match (of_role, of_agents) {
            (true, true) => (
                "the role, and no agent may ask for it",
                "`.role_scopes([..])`, and to an agent by `.third_party_app_with(..)`",
            ),
            (true, false) => ("the role", "`.role_scopes([..])`"),
            (false, true) => ("the lists of agents", "`.third_party_app_with(..)`"),
            (false, false) => return,
        };
        for (scope, why) in &self.kept_back {
            if self.scopes.contains_key(scope) {
                plan.notes.push(format!(
                    "scope {scope:?} is left out of {place}: {why}; hand it out by {how}"
                ));
            }
        }
    }
}
