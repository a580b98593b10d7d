//! Which tests a file has, by their attributes: what is merely called so, or stands near one, is none.

/// What a macro calls the name of a test that it makes.
const MADE: &str = "$name";

/// The names of the tests in a file, with those that a macro of the file makes.
pub fn tests_of(source: &str) -> Vec<&str> {
    let mut names = written(source);
    names.retain(|name| *name != MADE);
    for definition in source.split("macro_rules! ").skip(1) {
        let (own, body) = definition.split_once(' ').unwrap_or_default();
        if !written(up_to_its_end(body)).contains(&MADE) {
            continue;
        }
        let invocation = format!("\n{own}! {{\n");
        let made = source.split(&invocation).skip(1).map(up_to_its_end);
        let made = made.flat_map(|block| block.lines().filter_map(|line| line.split_once(": ")));
        names.extend(made.map(|(name, _)| name.trim()));
    }
    names
}

/// Whether one of `tests` has this name, in which `*` stands for anything.
pub fn has_test(tests: &[&str], name: &str) -> bool {
    let (Some((start, rest)), Some((_, end))) = (name.split_once('*'), name.rsplit_once('*'))
    else {
        return tests.contains(&name);
    };
    let between = rest.strip_suffix(end).unwrap_or_default();
    tests.iter().any(|test| {
        let left = test.strip_prefix(start);
        let left = left.and_then(|left| left.strip_suffix(end));
        let mut parts = between.split('*');
        left.is_some_and(|mut left| {
            parts.all(|part| match left.split_once(part) {
                Some((_, behind)) => {
                    left = behind;
                    true
                }
                None => false,
            })
        })
    })
}

/// The functions with `#[test]` or `#[tokio::test]` directly above them.
fn written(source: &str) -> Vec<&str> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in source.lines() {
        let line = line.trim().trim_start_matches("$(");
        let sync = line.strip_prefix("async ").unwrap_or(line);
        if ["#[test]", "#[tokio::test]"].contains(&line) || line.starts_with("#[tokio::test(") {
            is_test = true;
        } else if let Some((name, _)) = sync
            .strip_prefix("fn ")
            .and_then(|rest| rest.split_once('('))
        {
            names.extend(is_test.then_some(name));
            is_test = false;
        } else if line.is_empty() || line.ends_with(['{', '}', ';']) {
            is_test = false;
        }
    }
    names
}

/// A block of the outermost level ends where its brace stands at the beginning of a line.
fn up_to_its_end(text: &str) -> &str {
    text.split("\n}").next().unwrap_or_default()
}

#[test]
fn only_what_an_attribute_makes_a_test_is_one() {
    let source = r#"
macro_rules! trips {
    ($($name:ident: $way:ident;)*) => {
        $(#[tokio::test]
        async fn $name() {
            go(Way::$way).await
        })*
    };
}

macro_rules! plain {
    ($name:ident) => { fn $name() {} };
}

trips! {
    there: Out;
    back: In;
}

plain! {
    no: more;
}

/// Helps every test.
fn helper() {}

#[test]
#[should_panic(
    expected = "x"
)]
fn plain_one() {}

    #[tokio::test(flavor = "multi_thread")]
    // Why.
    async fn with_arguments() {

        fn inside() {}
    }

#[cfg(test)]
fn only_compiled_for_tests() {}
"#;
    let tests = tests_of(source);
    assert_eq!(tests, ["plain_one", "with_arguments", "there", "back"]);
    for (pattern, is_there) in [
        ("back", true),
        ("*_one", true),
        ("with_*", true),
        ("p*_one", true),
        ("*_on", false),
        ("ith_*", false),
        ("helper", false),
        ("inside", false),
        ("no", false),
        ("only_compiled_for_tests", false),
    ] {
        assert_eq!(has_test(&tests, pattern), is_there, "{pattern}");
    }
}
