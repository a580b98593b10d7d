//! For any rules, hierarchy and caller: what is listed as granted is exactly what a call allows, and
//! following a challenge is always enough.

mod challenges;
mod lists;
mod templates;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use proptest::prelude::*;
use rmcp::model::JsonObject;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::decide::Decision;
use super::operation::{Caller, Operation};
use super::{PolicyError, Rule, Rulebook, Rules, Visibility};
use crate::auth_info::AuthInfo;
use crate::clock::SystemClock;
use crate::registry::Access;
use crate::scope::{ChallengeScopes, Hierarchy, Requirement, Scope, ScopeSet, Terms};

/// Few enough that random sets meet.
const SCOPES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// How many arguments there are to try.
const ARGUMENTS: usize = 3;

fn scope() -> impl Strategy<Value = Scope> {
    proptest::sample::select(&SCOPES[..]).prop_map(Scope::new)
}

fn requirement() -> impl Strategy<Value = Requirement> {
    requirement_of(scope().prop_map(Requirement::scope))
}

fn requirement_of(
    leaf: impl Strategy<Value = Requirement> + 'static,
) -> impl Strategy<Value = Requirement> {
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

/// A scope includes only later ones of `scopes`, so there is no circle.
fn hierarchy(scopes: &'static [&'static str]) -> impl Strategy<Value = Hierarchy> {
    let edges = proptest::collection::vec((0..scopes.len(), 0..scopes.len()), 0..5);
    edges.prop_map(move |edges| {
        let down = edges.into_iter().filter(|(from, to)| from < to);
        down.fold(Hierarchy::new(), |hierarchy, (from, to)| {
            hierarchy.includes(scopes[from], [scopes[to]])
        })
    })
}

fn terms(hierarchy: &Hierarchy, challenge: ChallengeScopes) -> Terms {
    Terms {
        inclusions: hierarchy.close().unwrap(),
        challenge,
    }
}

/// Who asks, and how they signed in.
#[derive(Clone, Debug)]
struct Person {
    scopes: ScopeSet,
    fresh: Option<bool>,
    strong: Option<bool>,
}

impl Person {
    fn caller(&self) -> AuthInfo {
        let mut claims = JsonObject::new();
        if let Some(fresh) = self.fresh {
            let ago = Duration::from_secs(if fresh { 10 } else { 10_000 });
            let time = SystemTime::now() - ago;
            let time = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            claims.insert("auth_time".into(), time.as_secs().into());
        }
        if let Some(strong) = self.strong {
            claims.insert("acr".into(), if strong { "strong" } else { "weak" }.into());
        }
        AuthInfo::builder("https://as.test")
            .scopes(self.scopes.iter().cloned())
            .claims(claims)
            .build()
    }
}

fn person_with(scopes: impl Strategy<Value = ScopeSet>) -> impl Strategy<Value = Person> {
    (scopes, any::<Option<bool>>(), any::<Option<bool>>()).prop_map(|(scopes, fresh, strong)| {
        Person {
            scopes,
            fresh,
            strong,
        }
    })
}

fn person() -> impl Strategy<Value = Person> {
    person_with(proptest::collection::vec(scope(), 0..4).prop_map(ScopeSet::from_iter))
}

/// Everything that can stand in a rule, and start.
#[derive(Clone, Debug)]
struct Written {
    access: Access,
    concealed: bool,
    max_age: bool,
    acr: bool,
    policy: Option<bool>,
    /// By argument; none asks for nothing more.
    scopes_for: Option<[Option<Requirement>; ARGUMENTS]>,
    /// By argument.
    policy_for: Option<[bool; ARGUMENTS]>,
}

impl Written {
    /// What is for everybody cannot ask for more.
    fn that_starts(self) -> Self {
        match self.access {
            Access::Anonymous => Self {
                concealed: false,
                max_age: false,
                acr: false,
                policy: None,
                scopes_for: None,
                policy_for: None,
                ..self
            },
            _ => self,
        }
    }

    fn without_arguments(&self) -> Self {
        Self {
            scopes_for: None,
            policy_for: None,
            ..self.clone()
        }
    }

    fn asks_by_arguments(&self) -> bool {
        self.scopes_for.is_some() || self.policy_for.is_some()
    }

    /// Whether some argument asks for nothing more than the rest of the rule.
    fn has_free_argument(&self) -> bool {
        let by_scopes = |n: usize| match &self.scopes_for {
            Some(by_argument) => {
                by_argument[n].is_none() && matches!(self.access, Access::Scopes(_))
            }
            None => true,
        };
        let by_policy = |n: usize| self.policy_for.is_none_or(|allowed| allowed[n]);
        (0..ARGUMENTS).any(|n| by_scopes(n) && by_policy(n))
    }

    /// The rule, with `number` to tell which argument it is.
    fn rule(&self, number: fn(&JsonObject) -> usize) -> Rule {
        let mut rule = Rule::from(self.access.clone());
        if self.concealed {
            rule = rule.conceal();
        }
        if self.max_age {
            rule = rule.max_age(Duration::from_secs(300));
        }
        if self.acr {
            rule = rule.acr_values(["strong"]);
        }
        let outcome = |allows: bool| allows.then_some(()).ok_or(PolicyError::denied("no"));
        if let Some(allows) = self.policy {
            rule = rule.policy(move |_| async move { outcome(allows) });
        }
        if let Some(allowed) = self.policy_for {
            rule =
                rule.policy_for(
                    move |arguments, _| async move { outcome(allowed[number(&arguments)]) },
                );
        }
        if let Some(by_argument) = self.scopes_for.clone() {
            let nothing_more = match &self.access {
                Access::Scopes(requirement) => requirement.clone(),
                _ => Scope::new("a").into(),
            };
            rule = rule.scopes_for(move |arguments, _| {
                let more = by_argument[number(arguments)].clone();
                more.unwrap_or_else(|| nothing_more.clone())
            });
        }
        rule
    }
}

fn written_with(
    access: impl Strategy<Value = Access>,
    more: impl Strategy<Value = Requirement>,
) -> impl Strategy<Value = Written> {
    let by_argument = proptest::array::uniform3(proptest::option::of(more));
    (
        access,
        any::<[bool; 3]>(),
        any::<Option<bool>>(),
        proptest::option::of(by_argument),
        any::<Option<[bool; ARGUMENTS]>>(),
    )
        .prop_map(|(access, said, policy, scopes_for, policy_for)| {
            let [concealed, max_age, acr] = said;
            let written = Written {
                access,
                concealed,
                max_age,
                acr,
                policy,
                scopes_for,
                policy_for,
            };
            written.that_starts()
        })
}

fn written() -> impl Strategy<Value = Written> {
    written_with(access(), requirement())
}

/// Which argument a call has: none is the first.
fn number(arguments: &JsonObject) -> usize {
    let number = arguments.get("n").and_then(Value::as_u64);
    number.map_or(0, |number| usize::try_from(number).unwrap())
}

fn argument(number: usize) -> JsonObject {
    let arguments = json!({ "n": number });
    arguments.as_object().cloned().unwrap()
}

fn book(rules: Rules, terms: Terms, visibility: Visibility) -> Rulebook {
    Rulebook::new(rules, Arc::new(terms), visibility, Arc::new(SystemClock))
}

/// Policies have a time limit, so they need a clock.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
});

/// None of these waits for anything.
fn now<T>(future: impl Future<Output = T>) -> T {
    let _clock = RUNTIME.enter();
    future.now_or_never().unwrap()
}

fn judge(book: &Rulebook, operation: Operation<'_>, caller: &Caller) -> Decision {
    now(book.judge(operation, caller))
}

fn shows(book: &Rulebook, item: Operation<'_>, caller: &Caller) -> bool {
    now(book.shows(item, caller))
}
