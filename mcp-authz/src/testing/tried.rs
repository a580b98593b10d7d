//! What came out of trying everything: in words, in an order, and where it does not fit together.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::answer::Refused;
use super::caller::{Caller, Credentials};
use super::matrix::Probe;
use crate::registry::Kind;

/// Who they are who have nothing.
pub(super) const NO_TOKEN: &str = "no token";
pub(super) const NO_SCOPE: &str = "no scope";

/// What came out of a [`Matrix`](super::Matrix).
///
/// Needs the feature `testing`.
///
/// Printed, each item has a line for `no token`, one for `no scope`, and one for each set of scopes that makes a
/// difference to what fewer of them come to, in a fixed order: for a [snapshot](crate::assert_snapshot), in which
/// only the items change whose access does.
///
/// ```standalone_crate
/// use mcp_authz::testing::Matrix;
/// use mcp_authz::{Server, tool};
///
/// /// Counts the mails.
/// #[tool(scopes = ["mail:read"])]
/// fn count() -> String {
///     "3 mails".to_owned()
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
/// let tried = Matrix::of(Server::builder("mail")).run().await?;
/// for trial in &tried.items[0].by {
///     let is_let_in = trial.caller == "mail:read";
///     assert_eq!((trial.listed, trial.refused.is_none()), (is_let_in, is_let_in), "{tried}");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tried {
    /// By kind and name.
    pub items: Vec<TriedItem>,
}

/// One tool, prompt or resource of a [`Matrix`](super::Matrix).
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::Tried;
///
/// /// What somebody without a scope may use.
/// fn open(tried: &Tried) -> Vec<&str> {
///     let open = tried.items.iter().filter(|item| {
///         item.by.iter().any(|trial| trial.caller == "no scope" && trial.refused.is_none())
///     });
///     open.map(|item| item.name.as_str()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TriedItem {
    /// What it is.
    pub kind: Kind,
    /// Its name, URI or template.
    pub name: String,
    /// Who may, as declared.
    pub requires: String,
    /// By whom it was tried, from no token to all scopes.
    pub by: Vec<Trial>,
    #[serde(skip)]
    left_open: bool,
    #[serde(skip)]
    may_be_unlisted: bool,
}

/// One attempt of a [`Matrix`](super::Matrix).
///
/// Needs the feature `testing`.
///
/// ```
/// use mcp_authz::testing::Trial;
///
/// fn was_let_in(trial: &Trial) -> bool {
///     trial.listed && trial.refused.is_none()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Trial {
    /// `no token`, `no scope`, `all scopes`, or the scopes.
    pub caller: String,
    /// Whether the list shows it to them.
    pub listed: bool,
    /// How the call was refused, or nothing where it was let through.
    pub refused: Option<String>,
    /// None without a token.
    #[serde(skip)]
    scopes: Option<Vec<String>>,
}

impl Tried {
    pub(super) fn of(probes: &[Probe]) -> Self {
        let item = |probe: &Probe| TriedItem {
            kind: probe.kind,
            name: probe.name.clone(),
            requires: probe.requires.clone(),
            by: Vec::new(),
            left_open: probe.left_open,
            may_be_unlisted: probe.may_be_unlisted,
        };
        let items = probes.iter().map(item);
        Self {
            items: items.collect(),
        }
    }

    /// Tries everything as `caller`.
    pub(super) async fn by<By: Credentials>(
        &mut self,
        probes: &[Probe],
        (who, scopes): (&str, Option<&[String]>),
        caller: &Caller<'_, By>,
    ) {
        // A kind that the server has none of has no list; who is refused is shown nothing.
        let shown = BTreeMap::from([
            (Kind::Tool, caller.tools().await.unwrap_or_default()),
            (Kind::Prompt, caller.prompts().await.unwrap_or_default()),
            (Kind::Resource, caller.resources().await.unwrap_or_default()),
        ]);
        for (item, probe) in self.items.iter_mut().zip(probes) {
            let (method, params) = probe.request.clone();
            let answer = caller.ask(method, params).await;
            let listed = shown
                .get(&probe.kind)
                .is_some_and(|all| all.contains(&probe.name));
            item.by.push(Trial {
                caller: who.to_owned(),
                listed,
                refused: answer.err().and_then(|refused| reason(&refused)),
                scopes: scopes.map(<[String]>::to_vec),
            });
        }
    }

    /// Where the list and the call disagree, in words.
    #[must_use]
    pub fn disagreements(&self) -> Vec<String> {
        let of_item = |item: &TriedItem| {
            let is_listed = item.by.iter().any(|trial| trial.listed);
            let wrong = item.by.iter().filter_map(|trial| {
                let what = match (trial.listed, &trial.refused) {
                    (true, Some(refused)) if !item.left_open => {
                        format!("listed, and refused: {refused}")
                    }
                    (false, None) if is_listed || !item.may_be_unlisted => {
                        "not listed, and let through".to_owned()
                    }
                    _ => return None,
                };
                Some(format!(
                    "{} {}, with {}: {what}",
                    item.kind, item.name, trial.caller
                ))
            });
            wrong.collect::<Vec<_>>()
        };
        self.items.iter().flat_map(of_item).collect()
    }

    /// Asserts that there are no [disagreements](Self::disagreements), as
    /// [`assert_matrix!`](crate::assert_matrix) does: for a matrix that says more than the macro can.
    ///
    /// ```standalone_crate
    /// use mcp_authz::testing::Matrix;
    /// use mcp_authz::{Server, tool};
    ///
    /// /// Deletes all mails.
    /// #[tool(scopes = ["mail:delete"], acr_values = ["mfa"])]
    /// fn delete_all() {}
    ///
    /// # #[tokio::main] async fn main() -> Result<(), mcp_authz::Error> {
    /// let matrix = Matrix::of(Server::builder("mail")).person(|person| person.claim("acr", "mfa"));
    /// let tried = matrix.run().await?.assert();
    /// assert!(tried.to_string().contains("mail:delete  listed  may"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// If there are some: with each of them, and all that was tried.
    #[track_caller]
    pub fn assert(self) -> Self {
        let wrong = self.disagreements();
        assert!(
            wrong.is_empty(),
            "what is listed is not what is allowed:\n  {}\n\n{self}",
            wrong.join("\n  ")
        );
        self
    }
}

/// The class of a refusal; none for what the gate let through and the function did not want: arguments
/// that cannot be read.
fn reason(refused: &Refused) -> Option<String> {
    let in_challenge = refused.challenge().and_then(|first| first.error.as_deref());
    let status = refused.status();
    match (refused.error().or(in_challenge), refused.code()) {
        (Some(error), _) => Some(format!("{status} {error}")),
        (None, Some(code)) if refused.message().contains("not found") => {
            Some(format!("unknown ({code})"))
        }
        (None, Some(code)) => Some(format!("error {code}")),
        (None, None) => Some(status.to_string()),
    }
}

impl TriedItem {
    /// Those that say something: without the ones whose scopes change nothing.
    fn telling(&self) -> Vec<&Trial> {
        let mut telling: Vec<&Trial> = Vec::new();
        for trial in &self.by {
            // From few scopes to many, so that the last is one of the largest.
            let with_less = telling.iter().rfind(|told| told.is_within(trial));
            if with_less.is_none_or(|told| !told.ends_like(trial)) {
                telling.push(trial);
            }
        }
        telling
    }
}

impl Trial {
    fn is_within(&self, more: &Self) -> bool {
        match (&self.scopes, &more.scopes) {
            (Some(scopes), Some(more)) => scopes.iter().all(|scope| more.contains(scope)),
            _ => false,
        }
    }

    fn ends_like(&self, other: &Self) -> bool {
        (self.listed, &self.refused) == (other.listed, &other.refused)
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            writeln!(f, "{} {} needs {}", item.kind, item.name, item.requires)?;
            let by = item.telling();
            let width = by.iter().map(|trial| trial.caller.len()).max().unwrap_or(0);
            for Trial {
                caller,
                listed,
                refused,
                ..
            } in by
            {
                let listed = if *listed { "listed" } else { "      " };
                let refused = refused.as_deref().unwrap_or("may");
                writeln!(f, "  {caller:width$}  {listed}  {refused}")?;
            }
        }
        Ok(())
    }
}
