//! Following a challenge is always enough.

use proptest::prelude::*;

use super::*;
use crate::challenge::Denial;
use crate::gate::operation::Arguments;

/// The token with which a client comes back after `denial`, or none where it could not know better.
fn after(denial: Denial, before: Option<&Person>, replaces: bool) -> Option<Person> {
    let known = before.cloned().unwrap_or(Person {
        scopes: ScopeSet::new(),
        fresh: None,
        strong: None,
    });
    let asked_for = |asked: ScopeSet| {
        // What names no scopes changes none; otherwise a client that unions keeps what it had, and one
        // that replaces was told all of it.
        let mut scopes = asked;
        if !replaces || scopes.is_empty() {
            scopes.extend(known.scopes.iter().cloned());
        }
        scopes
    };
    match denial {
        Denial::InsufficientScope(asked) | Denial::Unauthenticated(asked) => Some(Person {
            scopes: asked_for(asked),
            ..known.clone()
        }),
        Denial::InsufficientAuthentication {
            scopes,
            max_age,
            acr_values,
        } => Some(Person {
            scopes: asked_for(scopes),
            fresh: known
                .fresh
                .filter(|_| max_age.is_none())
                .or(max_age.map(|_| true)),
            strong: match acr_values.as_str() {
                "strong" => Some(true),
                _ => known.strong,
            },
        }),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whoever_follows_the_challenge_is_let_in(
        written in written(),
        hierarchy in hierarchy(&SCOPES),
        before in proptest::option::of(person()),
        replaces in any::<bool>(),
        n in 0..ARGUMENTS,
    ) {
        let challenge =
            if replaces { ChallengeScopes::RequiredAndGranted } else { ChallengeScopes::Required };
        // No consent cures a policy, and what is concealed challenges nobody.
        let written = Written { policy: None, policy_for: None, concealed: false, ..written };
        let rules = Rules::new().tool("tool", written.rule(number));
        let book = book(rules, terms(&hierarchy, challenge), Visibility::Granted);
        let arguments = argument(n);
        let call = Operation::Tool("tool", Arguments::These(Some(&arguments)));
        let mut person = before;
        // No token, then what the rule asks for, then what these arguments ask for.
        for trip in 0..=3 {
            let denial = match judge(&book, call, &person.as_ref().map(Person::caller)) {
                Decision::Allow => return Ok(()),
                Decision::Deny(denial) => denial,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert!(trip < 3, "not cured by three trips: {denial:?}");
            let had = person.as_ref().map(|person| person.scopes.clone()).unwrap_or_default();
            person = after(denial.clone(), person.as_ref(), replaces);
            let Some(person) = &person else {
                return Err(TestCaseError::fail(format!("not curable: {denial:?}")));
            };
            let kept = had.iter().all(|scope| person.scopes.contains(scope.as_str()));
            prop_assert!(kept, "{denial:?} loses some of {had}");
        }
    }
}
