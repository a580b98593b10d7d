//! For any registry, hierarchy and grant: what is listed as granted is exactly what a call allows,
//! and following a challenge is always enough.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::decide::{Arguments, Caller, Decision, Operation};
use super::{PolicyError, Rule, Rulebook, Rules, Visibility};
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
    Rulebook::new(
        rules,
        Arc::new(terms),
        Visibility::Granted,
        Arc::new(SystemClock),
    )
}

fn call(name: &str) -> Operation<'_> {
    Operation::Tool(name, Arguments::These(None))
}

fn shows(rules: &Rulebook, name: &str, caller: &Caller) -> bool {
    now(rules.shows(Operation::Tool(name, Arguments::Some), caller))
}

/// A rule with whatever else can stand in one.
fn rule() -> impl Strategy<Value = Rule> {
    let policy = proptest::option::of(any::<bool>());
    (access(), any::<bool>(), policy).prop_map(|(access, concealed, policy)| {
        let mut rule = Rule::from(access);
        if concealed {
            rule = rule.conceal();
        }
        match policy {
            Some(true) => rule.policy(|_| async { Ok(()) }),
            Some(false) => rule.policy(|_| async { Err(PolicyError::denied("no")) }),
            None => rule,
        }
    })
}

/// The items of a server by their kinds: what is listed, and what running it would be.
fn items(rules: &[Rule], visibility: Visibility) -> (Rulebook, Vec<[String; 3]>) {
    let names = (0..rules.len()).map(|n| {
        [
            format!("tool{n}"),
            format!("prompt{n}"),
            format!("x:///{n}"),
        ]
    });
    let names: Vec<_> = names.collect();
    let all = names
        .iter()
        .zip(rules)
        .fold(Rules::new(), |all, ([tool, prompt, uri], rule)| {
            all.tool(tool, rule.clone())
                .prompt(prompt, rule.clone())
                .resource(uri, rule.clone())
        });
    let book = Rulebook::new(all, Arc::default(), visibility, Arc::new(SystemClock));
    (book, names)
}

/// Policies have a time limit, so they need a clock.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
});

fn now<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// What one of several buckets asks for.
fn of_buckets() -> impl Strategy<Value = Requirement> {
    const OF_BUCKETS: [&str; 3] = ["{bucket}:read", "{bucket}:{part}", "all"];
    proptest::collection::vec(proptest::sample::select(&OF_BUCKETS[..]), 2).prop_map(|chosen| {
        let [one, two] = [chosen[0], chosen[1]].map(|scope| Requirement::scope(Scope::new(scope)));
        Requirement::any([one.clone(), Requirement::all([one, two])])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_listed_of_any_kind_is_what_can_be_run(
        rules in proptest::collection::vec(rule(), 1..4),
        granted in proptest::option::of(granted()),
    ) {
        let caller = granted.and_then(caller);
        for visibility in [Visibility::Granted, Visibility::All] {
            let (book, names) = items(&rules, visibility);
            for ([tool, prompt, uri], rule) in names.iter().zip(&rules) {
                let none = Arguments::These(None);
                for (listed, run) in [
                    (Operation::Tool(tool, Arguments::Some), Operation::Tool(tool, none)),
                    (Operation::Prompt(prompt, Arguments::Some), Operation::Prompt(prompt, none)),
                    (Operation::Resource(uri), Operation::Resource(uri)),
                ] {
                    let decision = now(book.judge(run, &caller));
                    let shown = decision.passes()
                        || (visibility == Visibility::All && !rule.concealed);
                    prop_assert_eq!(now(book.shows(listed, &caller)), shown, "{:?}", run);
                    prop_assert!(!rule.concealed || !matches!(decision, Decision::Deny(_)));
                }
            }
        }
    }

    #[test]
    fn a_template_is_listed_when_one_of_its_resources_can_be_had(
        requirement in of_buckets(),
        granted in proptest::sample::subsequence(
            &["x:read", "y:read", "x:1", "y:2", "all", "x:write", "read"][..], 0..4),
    ) {
        let template = "bucket:///{bucket}/{part}";
        let rules = Rules::new().resource(template, requirement);
        let book = Rulebook::new(rules, Arc::default(), Visibility::Granted, Arc::new(SystemClock));
        let caller = caller(granted.iter().map(|scope| Scope::new(scope)).collect());
        let buckets = ["x", "y"].iter();
        let uris = buckets.flat_map(|bucket| ["1", "2", "write", "read"].map(|part| format!("bucket:///{bucket}/{part}")));
        let some = uris.clone().any(|uri| book.decide(Operation::Resource(&uri), &caller).passes());
        let shown = now(book.shows(Operation::Template(template), &caller));
        // It may be shown for a bucket that nobody has thought of here, never the other way round.
        prop_assert!(shown || !some);
        let nothing_fits = !granted.iter().any(|scope| scope.contains(':') || *scope == "all");
        prop_assert!(!shown || !nothing_fits);
    }

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
