//! What a server guards, and with what: for the operator at start, for a reviewer in a diff.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;

use super::item::Item;
use crate::registry::{Access, Hints, Kind};
use crate::scope::ScopeSet;

/// Every operation of a server with its requirement and where it is declared.
///
/// A snapshot of it in your own CI makes every change of access visible in review.
///
/// ```no_run
/// # async fn example(server: mcp_authz::Server) -> Result<(), Box<dyn std::error::Error>> {
/// let manifest = server.manifest();
/// println!("{manifest}"); // as it is printed at start
/// std::fs::write("scopes.json", manifest.to_json())?;
/// std::fs::write("SCOPES.md", manifest.to_markdown())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The server, as clients see it.
    pub name: String,
    /// The canonical URI.
    pub resource: String,
    /// Where clients are told which authorization server to go to.
    pub metadata: String,
    /// Whose tokens are accepted.
    pub issuers: Vec<String>,
    /// Whether a [verifier](crate::ServerBuilder::verifier) of its author's judges tokens, beside the issuers or
    /// alone.
    pub own_verifier: bool,
    /// Whether callers without a token are let in: to the lists, and to what is `anonymous`.
    pub allows_anonymous: bool,
    /// Which scopes include others, by its [`Hierarchy`](crate::Hierarchy): each with all of them, at any
    /// distance. Not in the JSON of a server without one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub includes: BTreeMap<String, Vec<String>>,
    /// What it guards, sorted by kind and name.
    pub items: Vec<GuardedItem>,
}

/// One guarded item in a [`Manifest`].
///
/// ```no_run
/// # fn example(server: mcp_authz::Server) {
/// for item in &server.manifest().items {
///     println!("{} {}: {}", item.kind, item.name, item.requires);
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GuardedItem {
    /// What it is.
    pub kind: Kind,
    /// The name, URI, template or method under which clients reach it.
    pub name: String,
    /// Who may, in words: `profile email`, `pay (eu | us)`, `authenticated`, `anonymous`.
    pub requires: String,
    /// Every scope that the requirement names.
    pub scopes: Vec<String>,
    /// Whether its arguments can ask for scopes besides those. `requires` says it in the JSON.
    #[serde(skip)]
    pub more_by_arguments: bool,
    /// Whether its arguments, or the variables of its URI, can decide at all.
    #[serde(skip)]
    pub(crate) depends_on_arguments: bool,
    /// What their author says of those scopes, where they do: [`Scope::described`](crate::Scope::described).
    /// Not in the JSON, as the description of the item.
    #[serde(skip)]
    pub described: BTreeMap<String, &'static str>,
    /// Whether it is hidden from whoever may not run it. `requires` says it in the JSON.
    #[serde(skip)]
    pub concealed: bool,
    /// Whether it is for the operator's own applications alone, by its rule. `requires` says it in the JSON.
    #[serde(skip)]
    pub first_party: bool,
    /// The behaviour hints that it declares, in words: `destructive`, `not open world`. One that it does not
    /// declare, so that clients take MCP's default, is not among them.
    pub hints: Vec<&'static str>,
    /// What its author says about it. Not in the JSON, so that a snapshot changes only when access does.
    #[serde(skip)]
    pub description: Option<String>,
    /// The crate that declares it, if it is annotated.
    #[serde(rename = "crate", skip_serializing_if = "Option::is_none")]
    pub crate_name: Option<String>,
    /// The file that declares it, or has its rule, as every machine names it: without a line, so that a snapshot
    /// changes only when access does, and within its crate where that is not in the workspace.
    pub file: String,
}

impl Manifest {
    /// The manifest as JSON, pretty-printed and in a stable order.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and lists of strings always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The manifest as Markdown: who is let in, and a table of the items.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# {} guards <{}>\n\n", self.name, self.resource);
        let lets_in = self.lets_in();
        for line in &lets_in {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {line}");
        }
        if !lets_in.is_empty() {
            text.push('\n');
        }
        text.push_str("| item | requires | hints | declared in |\n|---|---|---|---|\n");
        for item in &self.items {
            let GuardedItem {
                kind,
                name,
                requires,
                hints,
                ..
            } = item;
            // A pipe would end the cell.
            let requires = requires.replace('|', "\\|");
            let hints = hints.join(", ");
            let declared = item.declared_in();
            let _ = writeln!(
                text,
                "| {kind} `{name}` | {requires} | {hints} | {declared} |"
            );
        }
        text
    }

    /// Who gets as far as the items: each in a line.
    fn lets_in(&self) -> Vec<String> {
        let of_issuer = |issuer| format!("accepts tokens of {issuer}");
        let mut lines: Vec<String> = self.issuers.iter().map(of_issuer).collect();
        if self.own_verifier {
            lines.push("accepts tokens by a verifier of its own".to_owned());
        }
        if self.allows_anonymous {
            lines.push("lets callers in without a token".to_owned());
        }
        for (scope, others) in &self.includes {
            lines.push(format!("{scope} includes {}", others.join(" ")));
        }
        lines
    }
}

impl GuardedItem {
    pub(super) fn of(item: &Item) -> Self {
        let scopes = match &item.rule.access {
            Access::Scopes(requirement) => requirement.scopes(),
            Access::Authenticated | Access::Anonymous => ScopeSet::new(),
        };
        let described = scopes
            .iter()
            .filter_map(|scope| Some((scope.to_string(), scope.description()?)));
        Self {
            kind: item.kind,
            name: item.name.clone(),
            requires: item.rule.to_string(),
            described: described.collect(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            more_by_arguments: item.rule.scopes_for.is_some()
                || item.rule.deferred.asks_for_scopes(),
            depends_on_arguments: item.rule.depends_on_arguments(),
            concealed: item.rule.concealed,
            first_party: item.rule.first_party,
            hints: hints(item.hints),
            description: item.description.clone(),
            crate_name: item.crate_name.map(str::to_owned),
            file: on_every_machine(item.file),
        }
    }

    fn declared_in(&self) -> String {
        let declared = self.crate_name.as_deref().unwrap_or("rules");
        format!("{declared}, {}", self.file)
    }
}

/// A crate outside of the workspace is compiled by its absolute path, and every system writes paths as it likes.
fn on_every_machine(file: &str) -> String {
    let file = file.replace('\\', "/");
    let is_absolute = file.starts_with('/') || file.contains(":/");
    match file.rsplit_once("/src/") {
        Some((_, within)) if is_absolute => format!("src/{within}"),
        None if is_absolute => file.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => file,
    }
}

/// What is said, also of what is not so: `destructive = false` is another promise than none.
fn hints(hints: Hints) -> Vec<&'static str> {
    let words = [
        (hints.read_only, "read only", "not read only"),
        (hints.destructive, "destructive", "not destructive"),
        (hints.idempotent, "idempotent", "not idempotent"),
        (hints.open_world, "open world", "not open world"),
    ];
    let said = words.into_iter();
    said.filter_map(|(hint, yes, no)| Some(if hint? { yes } else { no }))
        .collect()
}

/// One screen for the operator.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} guards {}", self.name, self.resource)?;
        for line in self.lets_in() {
            writeln!(f, "  {line}")?;
        }
        if !self.issuers.is_empty() {
            writeln!(f, "  sends agents to   {}", self.metadata)?;
        }
        for (scope, others) in &self.includes {
            writeln!(f, "  {scope} includes {}", others.join(" "))?;
        }
        let width = self.items.iter().map(|item| item.name.len()).max();
        let width = width.unwrap_or(0);
        let mut places: Vec<String> = self.items.iter().map(GuardedItem::declared_in).collect();
        places.sort_unstable();
        places.dedup();
        // By crate: a tool that came in with a dependency should meet the operator's eye.
        for place in places {
            writeln!(f, "  {place}")?;
            for item in self.items.iter().filter(|item| item.declared_in() == place) {
                let GuardedItem {
                    kind,
                    name,
                    requires,
                    hints,
                    ..
                } = item;
                let kind = kind.to_string();
                write!(f, "    {kind:8} {name:width$}  needs {requires}")?;
                match hints[..] {
                    [] => writeln!(f)?,
                    _ => writeln!(f, " [{}]", hints.join(", "))?,
                }
            }
        }
        Ok(())
    }
}

/// As it reads in a list.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scopes(requirement) => fmt::Display::fmt(requirement, f),
            Self::Authenticated => f.write_str("authenticated"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::on_every_machine;

    #[test]
    fn a_file_has_the_same_name_on_every_machine() {
        for (file, named) in [
            ("src/main.rs", "src/main.rs"),
            ("crates/mail/src/tools.rs", "crates/mail/src/tools.rs"),
            ("crates\\mail\\src\\tools.rs", "crates/mail/src/tools.rs"),
            (
                "/home/a/.cargo/registry/src/index-1/mail-1.0.0/src/tools.rs",
                "src/tools.rs",
            ),
            ("C:\\work\\mail\\src\\tools\\send.rs", "src/tools/send.rs"),
            ("/tmp/build/generated.rs", "generated.rs"),
        ] {
            assert_eq!(on_every_machine(file), named);
        }
    }
}
