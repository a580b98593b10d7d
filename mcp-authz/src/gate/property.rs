//! For any registry, hierarchy and grant: what is listed as granted is exactly what a call allows,
//! and following a challenge is always enough.

use std::sync::Arc;

use futures_util::FutureExt;
use proptest::prelude::*;

use super::decide::{Arguments, Caller, Decision, Operation};
use super::{Rulebook, Rules, Visibility};
use crate::auth_info::AuthInfo;
use crate::challenge::Denial;
use crate::clock::SystemClock;
use crate::registry::Access;
use crate::scope::{ChallengeScopes, Hierarchy, Requirement, Scope, ScopeSet, Terms};

/// Few enough that random sets meet.
const SCOPES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn scope() -> impl Strategy<Value = Scope> {
    proptest::sample::select(&SCOPES[..]).prop_map(Scope::new)
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let leaf = scope().prop_map(Requirement::scope);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            [inner.clone(), inner.clone()].prop_map(Requirement::all),
            [inner.clone(), inner.clone(), inner.clone()].prop_map(Requirement::any),
            [inner.clone(), inner].prop_map(Requirement::any),
        ]
    })
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![
        6 => requirement().prop_map(Access::Scopes),
        1 => Just(Access::Authenticated),
        1 => Just(Access::Anonymous),
    ]
}

/// A scope includes only later ones, so there is no circle.
fn hierarchy() -> impl Strategy<Value = Hierarchy> {
    let edges = proptest::collection::vec((0..SCOPES.len(), 0..SCOPES.len()), 0..5);
    edges.prop_map(|edges| {
        let down = edges.into_iter().filter(|(from, to)| from < to);
        down.fold(Hierarchy::new(), |hierarchy, (from, to)| {
            hierarchy.includes(SCOPES[from], [SCOPES[to]])
        })
    })
}

fn granted() -> impl Strategy<Value = ScopeSet> {
    proptest::collection::vec(scope(), 0..4).prop_map(ScopeSet::from_iter)
}

fn caller(scopes: ScopeSet) -> Caller {
    Some(AuthInfo::builder("https://as.test").scopes(scopes).build())
}

fn rules(tools: Vec<Access>, hierarchy: &Hierarchy, challenge: ChallengeScopes) -> Rulebook {
    let named = tools.into_iter().enumerate();
    let rules = named.fold(Rules::new(), |rules, (index, access)| {
        rules.tool(format!("tool{index}"), access)
    });
    let inclusions = hierarchy.close().unwrap();
    let terms = Terms {
        inclusions,
        challenge,
    };
    Rulebook::new(rules, terms, Visibility::Granted, Arc::new(SystemClock))
}

fn call(name: &str) -> Operation<'_> {
    Operation::Tool(name, Arguments::These(None))
}

fn shows(rules: &Rulebook, name: &str, caller: &Caller) -> bool {
    let shows = rules.shows(Operation::Tool(name, Arguments::Some), caller);
    shows.now_or_never().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_list_of_what_is_granted_is_what_a_call_allows(
        tools in proptest::collection::vec(access(), 1..6),
        hierarchy in hierarchy(),
        granted in proptest::option::of(granted()),
    ) {
        let names: Vec<String> = (0..tools.len()).map(|index| format!("tool{index}")).collect();
        let rules = rules(tools, &hierarchy, ChallengeScopes::Required);
        let caller = granted.and_then(caller);
        for name in &names {
            let allowed = rules.decide(call(name), &caller) == Decision::Allow;
            prop_assert_eq!(shows(&rules, name, &caller), allowed);
        }
        prop_assert!(!shows(&rules, "no such tool", &caller));
    }

    #[test]
    fn whoever_follows_the_challenge_is_let_in(
        access in access(),
        hierarchy in hierarchy(),
        before in granted(),
        replaces in any::<bool>(),
    ) {
        let challenge =
            if replaces { ChallengeScopes::RequiredAndGranted } else { ChallengeScopes::Required };
        let rules = rules(vec![access], &hierarchy, challenge);
        let call = call("tool0");
        if let Decision::Deny(denial) = rules.decide(call, &caller(before.clone())) {
            let Denial::InsufficientScope(asked) = denial else {
                return Err(TestCaseError::fail("not curable by consent"));
            };
            let mut after = asked;
            // A client that unions keeps what it had; one that replaces was told all of it.
            if !replaces {
                after.extend(before.iter().cloned());
            }
            prop_assert!(before.iter().all(|scope| after.contains(scope.as_str())));
            prop_assert_eq!(rules.decide(call, &caller(after)), Decision::Allow);
        }
    }
}
