//! What a server guards, and with what: for the operator at start, for a reviewer in a diff.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::registry::{Access, Hints, Origin, ToolEntry};

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
#[derive(Clone, Debug, Serialize)]
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
    /// The operations, by name.
    pub tools: Vec<GuardedTool>,
}

/// One tool in a [`Manifest`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct GuardedTool {
    /// The name under which clients call it.
    pub name: String,
    /// Who may call it, in words: `profile email`, `pay (eu | us)`, `authenticated`, `anonymous`.
    pub requires: String,
    /// Every scope that the requirement names.
    pub scopes: Vec<String>,
    /// The behaviour hints that it declares.
    pub hints: Vec<&'static str>,
    /// The crate that declares it.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The file that declares it. No line, so that a snapshot changes only when access does.
    pub file: String,
}

impl Manifest {
    /// The manifest as JSON, pretty-printed and in a stable order.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and lists of strings always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The manifest as a Markdown table.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# {} guards <{}>\n\n", self.name, self.resource);
        text.push_str("| tool | requires | hints | declared in |\n|---|---|---|---|\n");
        for tool in &self.tools {
            let GuardedTool {
                name,
                hints,
                crate_name,
                file,
                ..
            } = tool;
            // A pipe would end the cell.
            let requires = tool.requires.replace('|', "\\|");
            let hints = hints.join(", ");
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| `{name}` | {requires} | {hints} | {crate_name}, {file} |"
            );
        }
        text
    }
}

impl GuardedTool {
    pub(super) fn of(tool: &ToolEntry) -> Self {
        let spec = tool.spec();
        let Origin {
            crate_name, file, ..
        } = spec.origin;
        let access = tool.access();
        let scopes = match &access {
            Access::Scopes(requirement) => requirement
                .scopes()
                .iter()
                .map(ToString::to_string)
                .collect(),
            Access::Authenticated | Access::Anonymous => Vec::new(),
        };
        Self {
            name: tool.name().to_owned(),
            requires: access.to_string(),
            scopes,
            hints: hints(spec.hints),
            crate_name: crate_name.to_owned(),
            file: file.to_owned(),
        }
    }
}

fn hints(hints: Hints) -> Vec<&'static str> {
    let said = [
        (hints.read_only, "read only"),
        (hints.destructive, "destructive"),
        (hints.idempotent, "idempotent"),
        (hints.open_world, "open world"),
    ];
    said.into_iter()
        .filter_map(|(hint, word)| (hint == Some(true)).then_some(word))
        .collect()
}

/// One screen for the operator.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} guards {}", self.name, self.resource)?;
        for issuer in &self.issuers {
            writeln!(f, "  accepts tokens of {issuer}")?;
        }
        writeln!(f, "  sends agents to   {}", self.metadata)?;
        let width = self
            .tools
            .iter()
            .map(|tool| tool.name.len())
            .max()
            .unwrap_or(0);
        let mut crates: Vec<&str> = self.tools.iter().map(|tool| &*tool.crate_name).collect();
        crates.sort_unstable();
        crates.dedup();
        // By crate: a tool that came in with a dependency should meet the operator's eye.
        for name in crates {
            writeln!(f, "  tools of {name}")?;
            for tool in self.tools.iter().filter(|tool| tool.crate_name == name) {
                writeln!(f, "    {:width$}  needs {}", tool.name, tool.requires)?;
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
