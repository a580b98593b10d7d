//! URI templates of resources (RFC 6570): which of them a URI is an expansion of, and with what.
//!
//! RFC 6570 says how to expand, not how to match, so a match is believed only when expanding it again
//! gives the very bytes of the URI: one resource has one spelling.

use std::collections::BTreeMap;

use iri_string::spec::UriSpec;
use iri_string::template::simple_context::SimpleContext;
use iri_string::template::{UriTemplateStr, UriTemplateString};
use percent_encoding::percent_decode_str;

/// What the variables of a template stand for in a URI, decoded.
pub(crate) type Variables = BTreeMap<String, String>;

/// A template whose expansions can be told apart: `{name}` is one segment, `{+name}`, at the end, is
/// the rest of a path.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    template: UriTemplateString,
    parts: Vec<Part>,
    /// The parts with their literals in lower case.
    folded: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Segment(String),
    Rest(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let template = UriTemplateStr::new(text)
            .map_err(|error| format!("is no URI template (RFC 6570): {error}"))?;
        let parts = split(text)?;
        tell_apart(&parts)?;
        Ok(Self {
            template: template.to_owned(),
            folded: parts.iter().map(Part::fold).collect(),
            parts,
        })
    }

    /// Whether the text has a variable at all.
    pub(crate) fn is_template(text: &str) -> bool {
        text.contains('{')
    }

    /// The template as it was written.
    pub(crate) fn as_str(&self) -> &str {
        self.template.as_str()
    }

    /// The names of the variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Segment(name) | Part::Rest(name) => Some(&**name),
        })
    }

    /// The values with which the template expands to exactly `uri`.
    pub(crate) fn matches(&self, uri: &str) -> Option<Variables> {
        let variables = read(&self.parts, uri)?;
        (self.expand(&variables)? == uri).then_some(variables)
    }

    /// One of its URIs.
    pub(crate) fn example(&self) -> Option<String> {
        self.expand_with(&Variables::new(), "a")
    }

    /// The URI with these values in it; none as long as one is missing.
    pub(crate) fn expand(&self, values: &Variables) -> Option<String> {
        let mut context = SimpleContext::new();
        for name in self.variables() {
            context.insert(name, values.get(name)?.as_str());
        }
        let expanded = self.template.expand::<UriSpec, _>(&context).ok()?;
        Some(expanded.to_string())
    }

    /// Whether some URI of it has these values, of some of its variables.
    pub(crate) fn admits(&self, values: &Variables) -> bool {
        let uri = self.expand_with(values, "a");
        let read = uri.and_then(|uri| self.matches(&uri)).unwrap_or_default();
        let is_read = |(name, value)| read.get(name) == Some(value);
        !read.is_empty() && values.iter().all(is_read)
    }

    /// The URI with these values in it, and `other` for those that are missing.
    pub(crate) fn expand_with(&self, values: &Variables, other: &str) -> Option<String> {
        let other = |name: &str| (name.to_owned(), other.to_owned());
        let mut all: Variables = self.variables().map(other).collect();
        all.extend(values.clone());
        self.expand(&all)
    }

    /// Whether a URI, in lower case, would be an expansion if upper and lower case were one.
    pub(crate) fn matches_in_lower_case(&self, uri: &str) -> bool {
        read(&self.folded, uri).is_some()
    }
}

impl Part {
    fn fold(&self) -> Self {
        match self {
            Self::Literal(literal) => Self::Literal(literal.to_ascii_lowercase()),
            other => other.clone(),
        }
    }
}

/// The values between the literals.
fn read(parts: &[Part], uri: &str) -> Option<Variables> {
    let mut variables = Variables::new();
    let mut rest = uri;
    for (index, part) in parts.iter().enumerate() {
        let (name, raw) = match part {
            Part::Literal(literal) => {
                rest = rest.strip_prefix(&**literal)?;
                continue;
            }
            Part::Segment(name) => {
                let end = match parts.get(index + 1..)? {
                    [Part::Literal(last)] => rest.len().checked_sub(last.len())?,
                    [Part::Literal(next), ..] => end_before(next, rest)?,
                    _ => rest.len(),
                };
                (name, split_off(&mut rest, end)?)
            }
            Part::Rest(name) => (name, std::mem::take(&mut rest)),
        };
        let segments = matches!(part, Part::Rest(_));
        variables.insert(name.clone(), value(raw, segments)?);
    }
    rest.is_empty().then_some(variables)
}

/// Where the value ends that `literal` follows.
fn end_before(literal: &str, rest: &str) -> Option<usize> {
    // No value has such a character, so its first one is the literal's.
    let offset = literal.find(separates)?;
    let separator = literal.get(offset..)?.chars().next()?;
    rest.find(separator)?.checked_sub(offset)
}

fn split_off<'a>(rest: &mut &'a str, end: usize) -> Option<&'a str> {
    let (value, after) = rest.split_at_checked(end)?;
    *rest = after;
    Some(value)
}

/// Whether no value can have `c`.
fn separates(c: char) -> bool {
    !is_unreserved(c) && c != '%'
}

/// RFC 3986 §2.3.
pub(crate) fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// The decoded value; none for what a file system or a router could take for another place.
fn value(raw: &str, segments: bool) -> Option<String> {
    let allowed = |c: char| is_unreserved(c) || c == '%' || (segments && c == '/');
    if raw.is_empty() || !raw.chars().all(allowed) {
        return None;
    }
    // Not by way of an encoded slash: segments are those that can be seen.
    let plain = raw.split('/').all(|segment| {
        let Ok(decoded) = percent_decode_str(segment).decode_utf8() else {
            return false;
        };
        let again = percent_decode_str(&decoded).decode_utf8();
        !is_elsewhere(&decoded) && !again.is_ok_and(|again| is_elsewhere(&again))
    });
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    plain.then(|| decoded.into_owned())
}

/// Whether a segment leads somewhere else than to what it names.
fn is_elsewhere(segment: &str) -> bool {
    // Some file systems drop dots and spaces at the end.
    segment.trim_end_matches(['.', ' ']).is_empty()
        || segment.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'))
}

/// A URI as whoever reads it loosely: decoded, in one case, without dots and spaces at the end of a
/// segment.
pub(crate) fn read_loosely(uri: &str) -> String {
    let decoded = percent_decode_str(uri).decode_utf8_lossy().to_lowercase();
    let segments = decoded.split('/');
    let segments = segments.map(|segment| segment.trim_end_matches(['.', ' ']));
    segments.collect::<Vec<_>>().join("/")
}

/// The literals and variables; the template was parsed before, so braces are paired.
fn split(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for piece in text.split_inclusive('}') {
        let (literal, expression) = piece.split_once('{').unwrap_or((piece, ""));
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        if let Some(expression) = expression.strip_suffix('}') {
            parts.push(variable(expression)?);
        }
    }
    Ok(parts)
}

fn variable(expression: &str) -> Result<Part, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match expression.strip_prefix('+') {
        Some(name) if is_name(name) => Ok(Part::Rest(name.to_owned())),
        None if is_name(expression) => Ok(Part::Segment(expression.to_owned())),
        _ => Err(format!(
            "has {{{expression}}}, which cannot be told apart in a URI: write `{{name}}` for a segment, or `{{+name}}` at the end"
        )),
    }
}

/// One URI must be read in one way.
fn tell_apart(parts: &[Part]) -> Result<(), String> {
    let mut seen = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let (Part::Segment(name) | Part::Rest(name)) = part else {
            continue;
        };
        if seen.contains(&name) {
            return Err(format!("has {{{name}}} twice: give each its own name"));
        }
        seen.push(name);
        let after = parts.get(index + 1..).unwrap_or_default();
        let is_clear = match (part, after) {
            (_, []) | (Part::Segment(_), [Part::Literal(_)]) => true,
            (Part::Segment(_), [Part::Literal(next), ..]) => next.contains(separates),
            _ => false,
        };
        if !is_clear && matches!(part, Part::Rest(_)) {
            return Err(format!(
                "has something behind {{+{name}}}, which takes all that is left: put it at the end, or write `{{{name}}}` for one segment"
            ));
        }
        if !is_clear {
            return Err(format!(
                "does not say where {{{name}}} ends: put a `/` behind it, or `{{+{name}}}` at the end"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(template: &str, uri: &str) -> Option<String> {
        let variables = Template::parse(template).unwrap().matches(uri)?;
        let pairs = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        Some(pairs.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn one_resource_has_one_spelling() {
        let file = "file:///notes/{folder}/{name}.md";
        for (template, uri, expected) in [
            (file, "file:///notes/a/b.md", Some("folder=a name=b")),
            (file, "file:///notes/a/b.c.md", Some("folder=a name=b.c")),
            (
                file,
                "file:///notes/a%20b/%C3%A9.md",
                Some("folder=a b name=é"),
            ),
            ("x:{+path}", "x:a/b/c", Some("path=a/b/c")),
            ("x://{a}:{b}", "x://1:2", Some("a=1 b=2")),
            ("x://fixed", "x://fixed", Some("")),
            (file, "file:///notes/a/b", None),
            (file, "file:///notes/a/b.md/", None),
            (file, "file:///notes/a/b.md?x", None),
            (file, "file:///notes/a/b.md#x", None),
            (file, "file:///notes/a/.md", None),
            (file, "file:///notes//b.md", None),
            (file, "file:///notes/../b.md", None),
            (file, "file:///notes/./b.md", None),
            (file, "file:///notes/%2e%2e/b.md", None),
            (file, "file:///notes/%2E%2E/b.md", None),
            (file, "file:///notes/a/%62.md", None),
            (file, "file:///notes/a%2fb/c.md", None),
            (file, "file:///notes/a%2Fb/c.md", None),
            (file, "file:///notes/a%5Cb/c.md", None),
            (file, "file:///notes/a%00/c.md", None),
            (file, "file:///notes/a%c3%a9/c.md", None),
            (file, "file:///notes/%FF/c.md", None),
            (file, "file:///notes/a%/c.md", None),
            (file, "file:///notes/a%2/c.md", None),
            (file, "file:///notes/é/c.md", None),
            (file, "file:///notes/a b/c.md", None),
            (file, "FILE:///notes/a/b.md", None),
            (file, "file:///Notes/a/b.md", None),
            (file, "file://h/notes/a/b.md", None),
            (file, " file:///notes/a/b.md", None),
            (file, "file:///notes/a/x/b.md", None),
            (file, "", None),
            ("x:{+path}", "x:a/../b", None),
            ("x:{+path}", "x:a//b", None),
            ("x:{+path}", "x:/a", None),
            ("x:{+path}", "x:a/%2e%2e/b", None),
            ("x:{+path}", "x:a/%2E./b", None),
            ("x:{+path}", "x:", None),
            ("x://{a}:{b}", "x://1:2:3", None),
        ] {
            let found = matched(template, uri);
            assert_eq!(found.as_deref(), expected, "{uri:?} by {template:?}");
        }
    }

    #[test]
    fn a_value_is_one_that_a_uri_can_have() {
        let admits = |values: &[(&str, &str)]| {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let template = Template::parse("x://{a}/{b}.md/{+c}").unwrap();
            template.admits(&values.iter().map(own).collect())
        };
        for good in [&[] as &[_], &[("a", "b c")], &[("b", "é.md"), ("c", "a/b")]] {
            assert!(admits(good), "{good:?}");
        }
        for bad in [
            [("a", "..")],
            [("a", "a/b")],
            [("a", "%2e%2e")],
            [("a", "")],
            [("b", "\0")],
            [("c", "a/../b")],
            [("c", "/a")],
            [("d", "a")],
        ] {
            assert!(!admits(&bad), "{bad:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_no_template() {
        for bad in [
            "x:{a}{b}",
            "x:{a}-{b}",
            "x:{+a}/{b}",
            "x:{+a}.md",
            "x:{a}/{a}",
            "x:{?q}",
            "x:{a,b}",
            "x:{a*}",
            "x:{a:3}",
            "x:{#a}",
            "x:{/a}",
            "x:{a",
            "x:a}",
            "x:{}",
            "x:{{a}}",
            "x:{a.b}",
        ] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
        for (bad, advice) in [
            ("x:{a}-{b}", "put a `/` behind it"),
            ("x:{+a}/{b}", "write `{a}` for one segment"),
        ] {
            let told = Template::parse(bad).unwrap_err();
            assert!(told.contains(advice), "{bad}: {told}");
        }
        for good in ["x:{a}", "x:{a}/{b}", "x:{a}.md", "x:{a}/-{b}/{+c}", "x:a"] {
            assert!(Template::parse(good).is_ok(), "{good}");
        }
    }
}
