//! Of templates: one is listed when one of its resources can be had, and only then.

use proptest::prelude::*;

use super::*;

const TEMPLATE: &str = "bucket:///{bucket}/{part}";

/// Every scope that a caller can have.
const GRANTS: [&str; 9] = [
    "all", "x:all", "x:read", "y:read", "x:1", "y:2", "x:write", "y:write", "read",
];

/// Every value that one of them is about: where none of these will do, no other does.
const BUCKETS: [&str; 2] = ["x", "y"];
const PARTS: [&str; 7] = ["x", "y", "all", "read", "write", "1", "2"];

fn of_buckets() -> impl Strategy<Value = Requirement> {
    const OF_BUCKETS: [&str; 6] = [
        "{bucket}:read",
        "{bucket}:write",
        "{bucket}:{part}",
        "{part}:read",
        "x:{part}",
        "all",
    ];
    let leaf = proptest::sample::select(&OF_BUCKETS[..]);
    requirement_of(leaf.prop_map(|scope| Requirement::scope(Scope::new(scope))))
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![
        8 => of_buckets().prop_map(Access::Scopes),
        1 => Just(Access::Authenticated),
        1 => Just(Access::Anonymous),
    ]
}

/// What a URI of more than its scopes asks for names no variable.
fn more() -> impl Strategy<Value = Requirement> {
    let grants = proptest::sample::select(&GRANTS[..]);
    grants.prop_map(|scope| Requirement::scope(Scope::new(scope)))
}

fn person() -> impl Strategy<Value = Person> {
    let grants = proptest::sample::subsequence(&GRANTS[..], 0..5);
    person_with(grants.prop_map(|grants| grants.into_iter().map(Scope::new).collect()))
}

fn number_of_part(variables: &JsonObject) -> usize {
    match variables.get("part").and_then(Value::as_str) {
        Some("1") => 1,
        Some("2" | "read") => 2,
        _ => 0,
    }
}

fn some_can_be_read(book: &Rulebook, caller: &Caller) -> bool {
    BUCKETS.iter().any(|bucket| {
        PARTS.iter().any(|part| {
            let uri = format!("bucket:///{bucket}/{part}");
            judge(book, Operation::Resource(&uri), caller).passes()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_template_is_listed_when_one_of_its_resources_can_be_had(
        written in written_with(access(), more()),
        hierarchy in hierarchy(&GRANTS),
        person in proptest::option::of(person()),
    ) {
        let caller = person.as_ref().map(Person::caller);
        let terms = terms(&hierarchy, ChallengeScopes::Required);
        let of = |written: &Written, visibility| {
            let rules = Rules::new().resource(TEMPLATE, written.rule(number_of_part));
            book(rules, terms.clone(), visibility)
        };
        let template = Operation::Template(TEMPLATE);
        let granted = of(&written, Visibility::Granted);
        let shown = shows(&granted, template, &caller);
        // What a URI may still ask for is open; the rest of the rule is not.
        let without = of(&written.without_arguments(), Visibility::Granted);
        prop_assert_eq!(shown, some_can_be_read(&without, &caller));
        if written.asks_by_arguments() {
            prop_assert!(shown || !some_can_be_read(&granted, &caller));
        }
        let all = of(&written, Visibility::All);
        prop_assert_eq!(shows(&all, template, &caller), shown || !written.concealed);
    }
}
