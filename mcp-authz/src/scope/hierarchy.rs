//! Scopes that include others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Scope, ScopeSet};

/// Which scopes include which: whoever was granted `admin` may do what `read` allows.
///
/// MCP asks servers to account for such hierarchies when they decide, while a challenge still names
/// the narrow scope (MCP 2026-07-28, Authorization §Step-Up). Inclusion is transitive; a circle is a
/// start-up error.
///
/// ```
/// use mcp_authz::Hierarchy;
///
/// let hierarchy = Hierarchy::new()
///     .includes("admin", ["mail:write"])
///     .includes("mail:write", ["mail:read"]); // and so admin includes mail:read
/// # let _ = hierarchy;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Hierarchy {
    /// As written: a scope, and one that it includes.
    edges: Vec<(String, String)>,
}

impl Hierarchy {
    /// No scope includes another.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that `scope` includes each of `others`.
    pub fn includes<S: Into<String>>(
        mut self,
        scope: impl Into<String>,
        others: impl IntoIterator<Item = S>,
    ) -> Self {
        let scope = scope.into();
        self.edges.extend(
            others
                .into_iter()
                .map(|other| (scope.clone(), other.into())),
        );
        self
    }

    /// Follows every inclusion to its end, or says what is wrong.
    pub(crate) fn close(&self) -> Result<Inclusions, Vec<String>> {
        let mut problems = Vec::new();
        let mut below: HashMap<Scope, Vec<Scope>> = HashMap::new();
        for (scope, other) in &self.edges {
            if [scope, other].iter().any(|one| one.contains(['{', '}'])) {
                problems.push(format!(
                    "hierarchy: {scope:?} and {other:?}: a variable is known where a rule is, so write `any(..)` there"
                ));
                continue;
            }
            match (scope.parse::<Scope>(), other.parse::<Scope>()) {
                (Ok(scope), Ok(other)) => below.entry(scope).or_default().push(other),
                (Err(error), _) => problems.push(format!("hierarchy: {scope:?} is {error}")),
                (_, Err(error)) => problems.push(format!("hierarchy: {other:?} is {error}")),
            }
        }
        let mut above: HashMap<Scope, ScopeSet> = HashMap::new();
        for scope in below.keys() {
            if is_first_of_circle(scope, &below) {
                problems.push(format!(
                    "hierarchy: {:?} includes itself in a circle: take one inclusion out",
                    scope.as_str()
                ));
            }
            for included in reachable(scope, &below) {
                above.entry(included).or_default().insert(scope.clone());
            }
        }
        problems.sort();
        if problems.is_empty() {
            Ok(Inclusions { above })
        } else {
            Err(problems)
        }
    }
}

/// Everything that `scope` includes, at any distance; itself only if it lies on a circle.
fn reachable(scope: &Scope, below: &HashMap<Scope, Vec<Scope>>) -> ScopeSet {
    let mut found = ScopeSet::new();
    let mut open: Vec<&Scope> = below.get(scope).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if !found.contains(next.as_str()) {
            found.insert(next.clone());
            open.extend(below.get(next).into_iter().flatten());
        }
    }
    found
}

/// Whether it lies on a circle, and is the one by which that is told: the first by name of those on it.
fn is_first_of_circle(scope: &Scope, below: &HashMap<Scope, Vec<Scope>>) -> bool {
    let included = reachable(scope, below);
    let mut earlier = included.iter().filter(|one| one.as_str() < scope.as_str());
    included.contains(scope.as_str())
        && !earlier.any(|one| reachable(one, below).contains(scope.as_str()))
}

/// A [`Hierarchy`] read from below: which scopes include a given one, at any distance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inclusions {
    above: HashMap<Scope, ScopeSet>,
}

impl Inclusions {
    /// Whether `granted` holds `scope` or one that includes it.
    pub(crate) fn cover(&self, granted: &ScopeSet, scope: &Scope) -> bool {
        granted.contains(scope.as_str())
            || self
                .above
                .get(scope)
                .is_some_and(|above| above.iter().any(|wider| granted.contains(wider.as_str())))
    }

    /// Read from above: each scope that includes others, with all of them.
    pub(crate) fn by_scope(&self) -> BTreeMap<String, Vec<String>> {
        let mut below: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (included, above) in &self.above {
            for scope in above.iter() {
                let all = below.entry(scope.to_string()).or_default();
                all.push(included.to_string());
            }
        }
        below.values_mut().for_each(|all| all.sort_unstable());
        below
    }

    /// All that `granted` covers.
    pub(super) fn held<'a>(&'a self, granted: &'a ScopeSet) -> BTreeSet<&'a str> {
        let included = self.above.keys().filter(|scope| self.cover(granted, scope));
        granted.iter().chain(included).map(Scope::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inclusion_reaches_to_the_end_and_only_downwards() {
        let hierarchy = Hierarchy::new()
            .includes("admin", ["write", "audit"])
            .includes("write", ["read"])
            .includes("other", ["read"]);
        let inclusions = hierarchy.close().unwrap();
        for (granted, scope, covered) in [
            ("admin", "read", true),
            ("admin", "admin", true),
            ("write", "read", true),
            ("other", "read", true),
            ("read", "write", false),
            ("write", "audit", false),
            ("other", "write", false),
            ("Admin", "read", false),
            ("", "read", false),
        ] {
            let granted = ScopeSet::parse(granted);
            let covers = inclusions.cover(&granted, &scope.parse().unwrap());
            assert_eq!(covers, covered, "{granted} covers {scope}");
        }
    }

    #[test]
    fn a_circle_or_a_word_that_is_no_scope_does_not_start() {
        let circle = Hierarchy::new()
            .includes("a", ["b"])
            .includes("b", ["c"])
            .includes("c", ["a"]);
        let told = circle.close().unwrap_err();
        assert_eq!(told.len(), 1, "a circle is one mistake: {told:?}");
        assert!(told[0].contains("\"a\" includes itself"), "{told:?}");
        let two = circle.includes("c", ["x"]).includes("x", ["y"]);
        let two = two.includes("y", ["x"]);
        assert_eq!(two.close().unwrap_err().len(), 2);
        assert!(Hierarchy::new().includes("a", ["a"]).close().is_err());
        assert!(Hierarchy::new().includes("a b", ["c"]).close().is_err());
        assert!(Hierarchy::new().includes("a", [""]).close().is_err());
    }
}
