//! What is printed at start: what is guarded, by whom, for what.

use std::fmt;

use crate::registry::{Access, ToolEntry};

/// One screen for the operator.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) name: String,
    pub(super) resource: String,
    pub(super) metadata: String,
    pub(super) issuers: Vec<String>,
    pub(super) tools: Vec<ToolEntry>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} guards {}", self.name, self.resource)?;
        for issuer in &self.issuers {
            writeln!(f, "  accepts tokens of {issuer}")?;
        }
        writeln!(f, "  sends agents to   {}", self.metadata)?;
        let width = self
            .tools
            .iter()
            .map(|tool| tool.name().len())
            .max()
            .unwrap_or(0);
        let mut crates: Vec<&str> = self.tools.iter().map(crate_of).collect();
        crates.sort_unstable();
        crates.dedup();
        // By crate: a tool that came in with a dependency should meet the operator's eye.
        for name in crates {
            writeln!(f, "  tools of {name}")?;
            for tool in self.tools.iter().filter(|tool| crate_of(tool) == name) {
                writeln!(f, "    {:width$}  {}", tool.name(), tool.access())?;
            }
        }
        Ok(())
    }
}

fn crate_of(tool: &ToolEntry) -> &'static str {
    tool.spec().origin.crate_name
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scopes(requirement) => write!(f, "needs {requirement}"),
            Self::Authenticated => f.write_str("any signed-in caller"),
            Self::Anonymous => f.write_str("anybody"),
        }
    }
}
