//! Whether a requirement that names variables can be met: by the same values in all of its scopes.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use super::requirement::Node;
use super::variable::{LONGEST_VALUE, is_plain_byte, placeholders};
use super::{Requirement, Scope};

/// Steps of one search. A requirement is its author's and small, but a caller can have many scopes, and
/// ones that fit in many ways. What takes longer counts as not to be met.
const MOST_STEPS: usize = 10_000;

impl Requirement {
    /// Whether there are values for its variables with which it is met by `held`.
    pub(super) fn could_be_met_by(&self, held: &BTreeSet<&str>) -> bool {
        let mut search = Search {
            held,
            values: BTreeMap::new(),
            steps: 0,
        };
        let goals = Goals {
            parts: slice::from_ref(self),
            rest: None,
        };
        search.meet(Some(&goals))
    }
}

/// What is still to be met, all of it.
struct Goals<'a> {
    parts: &'a [Requirement],
    rest: Option<&'a Self>,
}

struct Search<'h> {
    held: &'h BTreeSet<&'h str>,
    /// Those that are chosen so far.
    values: BTreeMap<String, &'h str>,
    steps: usize,
}

impl<'h> Search<'h> {
    fn meet(&mut self, goals: Option<&Goals<'_>>) -> bool {
        let Some(Goals { parts, rest }) = goals else {
            return true;
        };
        let Some((first, others)) = parts.split_first() else {
            return self.meet(*rest);
        };
        let others = Goals {
            parts: others,
            rest: *rest,
        };
        match first.node() {
            Node::Scope(scope) => self.meet_scope(scope, &others),
            Node::All(parts) => self.meet(Some(&Goals {
                parts,
                rest: Some(&others),
            })),
            Node::Any(parts) => parts.iter().any(|part| {
                self.meet(Some(&Goals {
                    parts: slice::from_ref(part),
                    rest: Some(&others),
                }))
            }),
        }
    }

    fn meet_scope(&mut self, scope: &Scope, others: &Goals<'_>) -> bool {
        let mut filled = scope.as_str().to_owned();
        for (name, value) in &self.values {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        if placeholders(&filled).next().is_none() {
            return self.held.contains(filled.as_str()) && self.meet(Some(others));
        }
        let held = self.held;
        held.iter().any(|own| self.fit(&filled, own, others))
    }

    /// Whether `own` is what `pattern` becomes with some values, with which the other goals are met too.
    fn fit(&mut self, pattern: &str, own: &'h str, others: &Goals<'_>) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return false;
        }
        let Some((literal, behind)) = pattern.split_once('{') else {
            return pattern == own && self.meet(Some(others));
        };
        let (Some(own), Some((name, behind))) = (own.strip_prefix(literal), behind.split_once('}'))
        else {
            return false;
        };
        if let Some(value) = self.values.get(name) {
            // It stands here a second time.
            return match own.strip_prefix(*value) {
                Some(own) => self.fit(behind, own, others),
                None => false,
            };
        }
        let bytes = own.bytes().take(LONGEST_VALUE);
        let longest = bytes.take_while(|byte| is_plain_byte(*byte)).count();
        let next = match behind.split_once('{') {
            Some((next, _)) => next,
            // The last one: there is one place where it can end.
            None => {
                let value = own.strip_suffix(behind);
                let value = value.filter(|value| (1..=longest).contains(&value.len()));
                return value.is_some_and(|value| self.choose(name, value, "", "", others));
            }
        };
        let near = own.get(..longest + next.len()).unwrap_or(own);
        let mut end = 1;
        while let Some(found) = near.get(end..).and_then(|rest| rest.find(next))
            && end + found <= longest
        {
            end += found;
            let Some((value, rest)) = own.split_at_checked(end) else {
                return false;
            };
            if self.choose(name, value, behind, rest, others) {
                return true;
            }
            end += 1;
        }
        false
    }

    /// Goes on with one more value.
    fn choose(
        &mut self,
        name: &str,
        value: &'h str,
        pattern: &str,
        own: &'h str,
        others: &Goals<'_>,
    ) -> bool {
        self.values.insert(name.to_owned(), value);
        let fits = self.fit(pattern, own, others);
        self.values.remove(name);
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn could(requirement: &Requirement, held: &str) -> bool {
        let held = held.split(' ').filter(|scope| !scope.is_empty());
        requirement.could_be_met_by(&held.collect())
    }

    fn scope(token: &'static str) -> Requirement {
        Scope::new(token).into()
    }

    #[test]
    fn a_grant_can_be_an_instance() {
        for (granted, pattern, expected) in [
            ("files:a:read", "files:{b}:read", true),
            ("files:a.b:read", "files:{b}:read", true),
            ("a-b-c", "{x}-{y}", true),
            ("files::read", "files:{b}:read", false),
            ("files:a:b:read", "files:{b}:read", false),
            ("files:a:write", "files:{b}:read", false),
            ("files:a:read2", "files:{b}:read", false),
            ("files:{b}:read", "files:{b}:read", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
            ("a--b", "{x}-{y}", true),
            ("-a-b", "{x}-{y}", true),
            ("a-", "{x}-{y}", false),
            ("ab", "{x}{y}", true),
            ("a", "{x}{y}", false),
            ("aXbXc", "{x}X{y}", true),
            ("a:X:bX", "{x}X:{y}X", false),
            ("a.read.read", "{x}.read", true),
            (".read", "{x}.read", false),
            ("x1y2z", "x{a}y{b}z", true),
            ("x1yz", "x{a}y{b}z", false),
            ("a:a", "{x}:{x}", true),
            ("a:b", "{x}:{x}", false),
            ("aba:ab", "{x}{y}:{x}", true),
        ] {
            let is = could(&scope(pattern), granted);
            assert_eq!(is, expected, "{granted} of {pattern}");
        }
        let long = |letters| format!("files:{}:read", "a".repeat(letters));
        assert!(could(&scope("files:{b}:read"), &long(256)));
        assert!(!could(&scope("files:{b}:read"), &long(257)));
    }

    #[test]
    fn a_variable_has_one_value() {
        let both = || Requirement::all([scope("{b}:read"), scope("{b}:write")]);
        let either = Requirement::any([both(), Requirement::all([scope("{b}:all"), scope("on")])]);
        for (held, all, any) in [
            ("x:read x:write", true, true),
            ("x:read y:write", false, false),
            ("x:read y:write y:read", true, true),
            ("x:read y:write z:all", false, false),
            ("x:read y:write z:all on", false, true),
            ("", false, false),
        ] {
            assert_eq!(could(&both(), held), all, "{held}");
            assert_eq!(could(&either, held), any, "{held}");
        }
    }

    /// As many scopes as a token has room for, and a requirement that none of them is enough for.
    #[test]
    fn a_search_has_an_end() {
        let begun = std::time::Instant::now();
        let many: Vec<_> = (0..2_000).map(|n| format!("{n:x}-{n:x}:read")).collect();
        let (ones, dashes) = ("1".repeat(16_000), "-1".repeat(8_000));
        let five = || scope("{a}-{b}-{c}-{d}-{e}!");
        let apart = Requirement::all([scope("{a}-{b}:read"), scope("{c}-{d}:read"), five()]);
        for requirement in [five(), scope("{a}{b}{c}{d}!"), scope("{a}-!"), apart] {
            for held in [&ones, &dashes, &many.join(" ")] {
                assert!(!could(&requirement, held));
            }
        }
        // What is to be found is found among as many.
        let last = Requirement::all([scope("{a}-{b}:read"), scope("{a}-{b}:write")]);
        assert!(could(&last, &format!("{} 7cf-7cf:write", many.join(" "))));
        assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    }
}
