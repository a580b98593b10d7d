//! A plan as a diff.

use std::fmt;

use super::step::{Consent, Plan, Step};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            server,
            resource,
            ..
        } = self;
        writeln!(f, "{endpoint} for {server}, {resource}")?;
        let mut section = Section::None;
        for step in &self.steps {
            self.head(step, &mut section, f)?;
            self.step(step, f)?;
        }
        for note in &self.notes {
            writeln!(f, "# {note}")?;
        }
        for problem in &self.problems {
            writeln!(f, "! {problem}")?;
        }
        if self.is_empty() {
            writeln!(f, "nothing is missing")?;
        }
        Ok(())
    }
}

/// Under which line an indented one stands.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    None,
    Resource,
    Role,
}

/// One step by itself, for a log.
struct Line<'a>(&'a Plan, &'a Step);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.step(self.1, f)
    }
}

impl Plan {
    /// How a log names what was made.
    pub(super) fn line(&self, step: &Step) -> String {
        let lines = Line(self, step).to_string();
        lines.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Names what is there already, before what is added to it.
    fn head(&self, step: &Step, section: &mut Section, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = match step {
            Step::Resource | Step::Scope { .. } | Step::Words { .. } => Section::Resource,
            Step::Role { .. } | Step::RoleScopes(_) | Step::DefaultRole | Step::Assignment(_) => {
                Section::Role
            }
            Step::Customizer { .. } | Step::MetadataDocuments | Step::Consent(_) => Section::None,
        };
        let is_new = matches!(step, Step::Resource | Step::Role { .. });
        if now != *section && !is_new {
            match now {
                Section::Resource => writeln!(f, "  API resource {}", self.resource)?,
                Section::Role => writeln!(f, "  role {:?}", self.role)?,
                Section::None => {}
            }
        }
        *section = now;
        Ok(())
    }

    fn step(&self, step: &Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match step {
            Step::Resource => writeln!(f, "+ API resource {}", self.resource),
            Step::Scope { name, words } if words.is_empty() => writeln!(f, "+   scope {name}"),
            // Quoted, which also keeps control characters from the terminal.
            Step::Scope { name, words } => writeln!(f, "+   scope {name} {words:?}"),
            Step::Words { scope, old, new } if old.is_empty() => {
                writeln!(f, "~   scope {scope} {new:?}")
            }
            Step::Words { scope, old, new } => writeln!(f, "~   scope {scope} {old:?} -> {new:?}"),
            Step::Role { scopes, is_default } => {
                writeln!(f, "+ role {:?} with {}", self.role, scopes.join(" "))?;
                match is_default {
                    true => default_role('+', f),
                    false => Ok(()),
                }
            }
            Step::RoleScopes(scopes) => writeln!(f, "+   holds {}", scopes.join(" ")),
            Step::DefaultRole => default_role('~', f),
            Step::Assignment(users) => match users.as_slice() {
                [user] => writeln!(f, "+   for the person {user:?}"),
                users => writeln!(f, "+   for {} people who have signed up", users.len()),
            },
            Step::Customizer { is_new, .. } => {
                let sign = if *is_new { '+' } else { '~' };
                writeln!(
                    f,
                    "{sign} token customizer: tokens for this server carry the claims of the granted scopes"
                )
            }
            Step::MetadataDocuments => {
                writeln!(f, "~ agents with a client ID metadata document are let in")
            }
            Step::Consent(consent) => fmt::Display::fmt(consent, f),
        }
    }
}

fn default_role(sign: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{sign}   for everybody who signs up from now on")
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.app {
            Some((id, name)) => writeln!(f, "  third-party app {name:?} ({id})")?,
            None => writeln!(f, "  agents with a client ID metadata document")?,
        }
        if !self.scopes.is_empty() {
            writeln!(f, "+   may ask for {}", self.scopes.join(" "))?;
        }
        if !self.user_scopes.is_empty() {
            writeln!(
                f,
                "+   may ask for the user scopes {}",
                self.user_scopes.join(" ")
            )?;
        }
        Ok(())
    }
}
