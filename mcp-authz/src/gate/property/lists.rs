//! Of tools, prompts and fixed resources.

use proptest::prelude::*;

use super::*;
use crate::gate::operation::Arguments;

/// The items of a server by their kinds.
fn items(rules: &[Written], terms: Terms, visibility: Visibility) -> (Rulebook, Vec<[String; 3]>) {
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
        .fold(Rules::new(), |all, ([tool, prompt, uri], written)| {
            let rule = written.rule(number);
            all.tool(tool, rule.clone())
                .prompt(prompt, rule.clone())
                .resource(uri, rule)
        });
    (book(all, terms, visibility), names)
}

type Run = for<'a> fn(&'a str, Arguments<'a>) -> Operation<'a>;

const TOOL: Run = |name, arguments| Operation::Tool(name, arguments);
const PROMPT: Run = |name, arguments| Operation::Prompt(name, arguments);

/// Whether a call passes with some of the arguments.
fn some_call_passes(book: &Rulebook, run: Run, name: &str, caller: &Caller) -> bool {
    (0..ARGUMENTS).any(|n| {
        let arguments = argument(n);
        let operation = run(name, Arguments::These(Some(&arguments)));
        judge(book, operation, caller).passes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_listed_of_any_kind_is_what_can_be_run(
        rules in proptest::collection::vec(written(), 1..3),
        hierarchy in hierarchy(&SCOPES),
        person in proptest::option::of(person()),
    ) {
        let caller = person.as_ref().map(Person::caller);
        let bare: Vec<_> = rules.iter().map(Written::without_arguments).collect();
        let terms = terms(&hierarchy, ChallengeScopes::Required);
        let (without_arguments, _) = items(&bare, terms.clone(), Visibility::Granted);
        for visibility in [Visibility::Granted, Visibility::All] {
            let (book, names) = items(&rules, terms.clone(), visibility);
            for ([tool, prompt, uri], written) in names.iter().zip(&rules) {
                let for_all = visibility == Visibility::All && !written.concealed;
                for (run, name) in [(TOOL, tool), (PROMPT, prompt)] {
                    // What the arguments may still ask for is open; the rest of the rule is not.
                    let call = run(name, Arguments::These(None));
                    let could = judge(&without_arguments, call, &caller).passes();
                    let shown = shows(&book, run(name, Arguments::Some), &caller);
                    prop_assert_eq!(shown, could || for_all, "{}", name);
                    let some = some_call_passes(&book, run, name, &caller);
                    prop_assert!(!some || could, "{} can be called, and is not listed", name);
                    if written.has_free_argument() {
                        prop_assert_eq!(some, could, "{}", name);
                    }
                    let decision = judge(&book, call, &caller);
                    prop_assert!(!written.concealed || !matches!(decision, Decision::Deny(_)));
                }
                let decision = judge(&book, Operation::Resource(uri), &caller);
                let shown = shows(&book, Operation::Resource(uri), &caller);
                prop_assert_eq!(shown, decision.passes() || for_all, "{}", uri);
                prop_assert!(!written.concealed || !matches!(decision, Decision::Deny(_)));
            }
            let unknown = Operation::Tool("no such tool", Arguments::Some);
            prop_assert!(!shows(&book, unknown, &caller));
        }
    }
}
