//! What the suite saw of two servers, side by side.

use json::Value;
use support::Verdicts;

/// Where two servers differ: a place in the checks of a scenario (`*` is any index) with everything
/// below it, and why.
const EXPECTED: [(&str, &str, &str); 4] = [
    (
        "input-required-result-tampered-state",
        "/0/details/tamperedResponse/message",
        "the gate opens the state before the handler, and has one text for whatever is wrong with it",
    ),
    (
        "server-sse-multiple-streams",
        "/1/details/results/*/event/id",
        "three requests at once: rmcp numbers them as they come",
    ),
    (
        "sep-2640-skills-directory",
        "/5/details/paginationDetail",
        "the report quotes the cursor, which the gate seals",
    ),
    (
        "sep-2640-skills-manifest",
        "/4/details",
        "the report names the `_meta` keys of a skill, and the gate adds what it requires: the same verdict",
    ),
];

/// What lists say of a requirement. This is meant to be seen.
const REQUIRED_SCOPES: &str = "rs.mcp-authz/required-scopes";

/// Who may keep a result. The handler says anybody may; behind a token nobody else may.
const CACHE_SCOPE: &str = "cacheScope";

/// What is another one each time.
const OPAQUE: [&str; 10] = [
    "date",
    "io.modelcontextprotocol/subscriptionId",
    "mcp-session-id",
    // Whoever waits for a task asks as often as there is time for.
    "messagesValidated",
    "nextCursor",
    "requestState",
    "sessionId",
    "sessionIdSent",
    "subscriptionId",
    "taskId",
];

/// Panics where the suite could tell one from the other, except where that is expected.
#[track_caller]
pub(crate) fn assert_same(bare: &Verdicts, gated: &Verdicts, addresses: [&str; 2]) {
    let names = |verdicts: &Verdicts| verdicts.scenarios.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(bare), names(gated));
    let mut found = Vec::new();
    for (scenario, checks) in &bare.scenarios {
        let one = plain(&Value::from(checks.clone()), addresses);
        let other = plain(&Value::from(gated.scenarios[scenario].clone()), addresses);
        let mut differences = Vec::new();
        compare(String::new(), &one, &other, &mut differences);
        differences.retain(|(place, ..)| !is_expected(scenario, place));
        found.extend(differences.into_iter().map(|(place, one, other)| {
            format!("{scenario} {place}\n    bare:  {one}\n    gated: {other}")
        }));
    }
    assert!(found.is_empty(), "the gate shows:\n{}", found.join("\n"));
}

fn is_expected(scenario: &str, place: &str) -> bool {
    EXPECTED.iter().any(|(of, at, _)| {
        let mut segments = place.split('/');
        let mut all = at.split('/');
        *of == scenario && all.all(|one| segments.next().is_some_and(|s| one == "*" || one == s))
    })
}

/// Panics unless so many checks passed, and none failed, except where that is expected.
#[track_caller]
pub(crate) fn assert_good(verdicts: &Verdicts, passed: usize) {
    let mut bad = Vec::new();
    for (scenario, checks) in &verdicts.scenarios {
        for (index, check) in checks.iter().enumerate() {
            let status = check["status"].as_str().unwrap_or_default();
            // A warning is a failure for whoever wants a tier.
            let is_fine = ["SUCCESS", "INFO", "SKIPPED"].contains(&status);
            if !is_fine && !is_expected(scenario, &format!("/{index}")) {
                bad.push(format!("{scenario} {check}"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!((verdicts.passed, verdicts.failed), (passed, 0));
}

/// Panics unless every result of a list or a read is its caller's alone.
#[track_caller]
pub(crate) fn assert_private(verdicts: &Verdicts) {
    let mut found = Vec::new();
    for checks in verdicts.scenarios.values() {
        cache_scopes(&Value::from(checks.clone()), &mut found);
    }
    found.dedup();
    assert_eq!(found, ["private"]);
}

fn cache_scopes(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let scope = members.get(CACHE_SCOPE).and_then(Value::as_str);
            found.extend(scope.map(str::to_owned));
            members
                .values()
                .for_each(|value| cache_scopes(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| cache_scopes(item, found)),
        _ => {}
    }
}

/// Without what is another one each time, and without the address of the server.
fn plain(value: &Value, addresses: [&str; 2]) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !["timestamp", REQUIRED_SCOPES, CACHE_SCOPE].contains(&&***name))
            .map(|(name, value)| {
                let value = match value {
                    Value::String(_) | Value::Number(_) if OPAQUE.contains(&&**name) => {
                        Value::from("opaque")
                    }
                    other => plain(other, addresses),
                };
                (name.clone(), value)
            })
            .filter(|(name, value)| name != "_meta" || *value != Value::Object(Default::default()))
            .collect(),
        Value::Array(items) => items.iter().map(|item| plain(item, addresses)).collect(),
        Value::String(text) => plain_text(text, addresses),
        other => other.clone(),
    }
}

/// A text, or the messages in it.
fn plain_text(text: &str, addresses: [&str; 2]) -> Value {
    let lines = text.lines().map(|line| {
        let message = line.strip_prefix("data: ").unwrap_or(line);
        match json::from_str::<Value>(message) {
            Ok(message @ Value::Object(_)) => plain(&message, addresses).to_string(),
            _ => line.to_owned(),
        }
    });
    let text: String = lines.collect::<Vec<_>>().join("\n");
    addresses
        .into_iter()
        .fold(text, |text, address| text.replace(address, "ADDRESS"))
        .into()
}

fn compare(place: String, one: &Value, other: &Value, found: &mut Vec<(String, Value, Value)>) {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let names = ones
                .keys()
                .chain(others.keys().filter(|name| !ones.contains_key(*name)));
            for name in names {
                let place = format!("{place}/{name}");
                compare(place, &one[name], &other[name], found);
            }
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            for (index, (one, other)) in ones.iter().zip(others).enumerate() {
                compare(format!("{place}/{index}"), one, other, found);
            }
        }
        _ if one == other => {}
        _ => found.push((place, one.clone(), other.clone())),
    }
}
