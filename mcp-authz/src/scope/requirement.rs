//! What an operation requires of a caller's scopes.

use std::fmt;

use serde_json::Value;

use super::{Scope, ScopeSet};

/// A nested all-of / any-of expression over scopes.
///
/// ```
/// use mcp_authz::{Requirement, Scope, ScopeSet};
///
/// let region = Requirement::any([Scope::new("eu").into(), Scope::new("us").into()]);
/// let pay = Requirement::all([Scope::new("pay").into(), region]);
/// assert!(pay.is_met_by(&ScopeSet::parse("us pay")));
/// // The cheapest way to meet it: the branch with the fewest missing scopes.
/// assert_eq!(pay.ask(&ScopeSet::parse("us")).to_string(), "pay us");
/// assert_eq!(pay.scopes().to_string(), "pay eu us");
/// assert_eq!(Requirement::scope(Scope::new("pay")), Scope::new("pay").into());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Requirement(Node);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Node {
    Scope(Scope),
    All(Vec<Requirement>),
    Any(Vec<Requirement>),
}

impl Requirement {
    /// Met by nobody who lacks `scope`.
    #[must_use]
    pub const fn scope(scope: Scope) -> Self {
        Self(Node::Scope(scope))
    }

    /// Met when every part is.
    ///
    /// No parts is a compile error: a requirement that requires nothing is an open door.
    #[must_use]
    pub fn all<const N: usize>(parts: [Self; N]) -> Self {
        const { assert!(N > 0, "all() needs at least one scope") };
        Self(Node::All(parts.into()))
    }

    /// Met when at least one part is.
    ///
    /// No parts is a compile error: nobody could ever meet it.
    #[must_use]
    pub fn any<const N: usize>(parts: [Self; N]) -> Self {
        const { assert!(N > 0, "any() needs at least one scope") };
        Self(Node::Any(parts.into()))
    }

    /// Whether a token that carries `granted` may run the operation.
    #[must_use]
    pub fn is_met_by(&self, granted: &ScopeSet) -> bool {
        self.is_met(&|scope| granted.contains(scope.as_str()))
    }

    /// Like [`is_met_by`](Self::is_met_by), where `covered` knows what is granted.
    pub(crate) fn is_met(&self, covered: &impl Fn(&Scope) -> bool) -> bool {
        match &self.0 {
            Node::Scope(scope) => covered(scope),
            Node::All(parts) => parts.iter().all(|part| part.is_met(covered)),
            Node::Any(parts) => parts.iter().any(|part| part.is_met(covered)),
        }
    }

    /// The scopes to ask the person for, given what is `granted` already: **all** scopes of the
    /// operation, and of an any-of the branch with the fewest missing ones (the first written wins
    /// a tie).
    #[must_use]
    pub fn ask(&self, granted: &ScopeSet) -> ScopeSet {
        self.cheapest(&|scope| granted.contains(scope.as_str()))
    }

    /// Like [`ask`](Self::ask), where `covered` knows what is granted.
    pub(crate) fn cheapest(&self, covered: &impl Fn(&Scope) -> bool) -> ScopeSet {
        let missing = |ask: &ScopeSet| ask.iter().filter(|scope| !covered(scope)).count();
        match &self.0 {
            Node::Scope(scope) => ScopeSet::from_iter([scope.clone()]),
            Node::All(parts) => parts
                .iter()
                .flat_map(|part| part.cheapest(covered))
                .collect(),
            Node::Any(parts) => {
                let branches = parts.iter().map(|part| part.cheapest(covered));
                branches.min_by_key(missing).unwrap_or_default()
            }
        }
    }

    pub(super) fn node(&self) -> &Node {
        &self.0
    }

    /// The same expression over other scopes; `None` where `scope` gives none for one of them.
    pub(crate) fn try_map(&self, scope: &impl Fn(&Scope) -> Option<Scope>) -> Option<Self> {
        let map = |parts: &[Self]| -> Option<Vec<Self>> {
            parts.iter().map(|part| part.try_map(scope)).collect()
        };
        Some(Self(match &self.0 {
            Node::Scope(own) => Node::Scope(scope(own)?),
            Node::All(parts) => Node::All(map(parts)?),
            Node::Any(parts) => Node::Any(map(parts)?),
        }))
    }

    /// Every scope that the expression names, in the order written.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        match &self.0 {
            Node::Scope(scope) => ScopeSet::from_iter([scope.clone()]),
            Node::All(parts) | Node::Any(parts) => parts.iter().flat_map(Self::scopes).collect(),
        }
    }
}

/// For machines: a flat all-of is an array of scopes; what nests is `{"all": […]}`, `{"any": […]}`.
impl Requirement {
    pub(crate) fn to_json(&self) -> Value {
        match &self.0 {
            Node::Scope(_) => Value::from([self.part_to_json()].to_vec()),
            Node::All(parts) if parts.iter().all(|part| matches!(part.0, Node::Scope(_))) => {
                parts.iter().map(Self::part_to_json).collect()
            }
            Node::All(_) | Node::Any(_) => self.part_to_json(),
        }
    }

    fn part_to_json(&self) -> Value {
        let list = |parts: &[Self]| parts.iter().map(Self::part_to_json).collect::<Value>();
        match &self.0 {
            Node::Scope(scope) => Value::from(scope.as_str()),
            Node::All(parts) => serde_json::json!({ "all": list(parts) }),
            Node::Any(parts) => serde_json::json!({ "any": list(parts) }),
        }
    }
}

impl From<Scope> for Requirement {
    fn from(scope: Scope) -> Self {
        Self::scope(scope)
    }
}

/// Reads as it is written: `all("a", any("b", "c"))`; a flat all-of is a plain list, `a b`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Node::Scope(scope) => f.write_str(scope.as_str()),
            Node::All(parts) => write_parts(f, parts, " "),
            Node::Any(parts) => {
                f.write_str("(")?;
                write_parts(f, parts, " | ")?;
                f.write_str(")")
            }
        }
    }
}

fn write_parts(f: &mut fmt::Formatter<'_>, parts: &[Requirement], separator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        fmt::Display::fmt(part, f)?;
    }
    Ok(())
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(token: &'static str) -> Requirement {
        Scope::new(token).into()
    }

    #[test]
    fn decisions_and_what_to_ask_for() {
        let a = scope("a");
        let all = Requirement::all([scope("a"), scope("b")]);
        let any = Requirement::any([all.clone(), scope("c")]);
        for (requirement, granted, met, ask) in [
            (&a, "", false, "a"),
            (&a, "A aa", false, "a"),
            (&all, "a", false, "a b"),
            (&all, "b a", true, "a b"),
            (&any, "", false, "c"),
            (&any, "a", false, "a b"),
            (&any, "c", true, "c"),
        ] {
            let granted = ScopeSet::parse(granted);
            assert_eq!(
                requirement.is_met_by(&granted),
                met,
                "{requirement} by {granted}"
            );
            assert_eq!(
                requirement.ask(&granted).to_string(),
                ask,
                "{requirement} by {granted}"
            );
        }
        assert_eq!(any.scopes().to_string(), "a b c");
        assert_eq!(any.to_string(), "(a b | c)");
    }
}
