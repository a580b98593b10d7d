//! The URI of a resource, or the template of its URIs, and the variables in it.
//!
//! What makes a template one that can be told apart in a URI, the server checks as it starts.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::signature::Signature;

/// More than any real template has.
const MOST_VARIABLES: usize = 6;

pub(crate) struct Uri {
    pub(crate) text: LitStr,
    /// The names, in the order written.
    variables: Vec<String>,
}

/// A parameter of the function that is taken from the URI.
pub(crate) struct Variable {
    /// Which of the parameters.
    pub(crate) parameter: usize,
    pub(crate) name: String,
}

impl Uri {
    pub(crate) fn read(text: LitStr, errors: &mut Errors) -> Self {
        let value = text.value();
        let variables = match (complaint(&value), names(&value)) {
            (None, Ok(names)) => names,
            (Some(complaint), _) | (None, Err(complaint)) => {
                errors.at(&text, complaint);
                Vec::new()
            }
        };
        Self { text, variables }
    }

    /// The parameters that are variables. Each variable is one: with a `_` before its name it is
    /// ignored on purpose.
    pub(crate) fn variables(&self, signature: &Signature, errors: &mut Errors) -> Vec<Variable> {
        let parameters = signature.parameters.iter().enumerate();
        let named = parameters.filter_map(|(index, parameter)| {
            let ident = parameter.ident.as_ref()?;
            let name = self.variables.iter().find(|name| is_named(ident, name))?;
            Some(Variable {
                parameter: index,
                name: name.clone(),
            })
        });
        let taken: Vec<Variable> = named.collect();
        let is_taken = |name: &&String| taken.iter().any(|variable| variable.name == **name);
        for name in self.variables.iter().filter(|name| !is_taken(name)) {
            errors.at(
                &self.text,
                format!(
                    "{{{name}}} is no parameter of the function: take `{name}: String`, or `_{name}: String` if it is not needed"
                ),
            );
        }
        taken
    }

    /// What is wrong with the variables of a scope, if anything.
    pub(crate) fn complaint_about(&self, scope: &str) -> Option<String> {
        let mut rest = names(scope).err().map(|_| {
            "braces in a scope stand around the name of a variable, as in `files:{bucket}:read`"
                .to_owned()
        });
        for name in names(scope).unwrap_or_default() {
            if !self.variables.contains(&name) {
                let has: Vec<String> = self
                    .variables
                    .iter()
                    .map(|name| format!("{{{name}}}"))
                    .collect();
                let has = match has.is_empty() {
                    true => "has none".to_owned(),
                    false => format!("has {}", has.join(", ")),
                };
                rest.get_or_insert(format!(
                    "{{{name}}} is no variable of the resource's URI, which {has}"
                ));
            }
        }
        rest
    }
}

fn is_named(ident: &Ident, name: &str) -> bool {
    let ident = ident.unraw().to_string();
    ident == name || ident.strip_prefix('_') == Some(name)
}

/// What is wrong with a URI (RFC 3986 §3) or a template of such, if anything.
fn complaint(text: &str) -> Option<String> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let mut letters = scheme.chars();
    let is_scheme = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme {
        return Some(format!(
            "{text:?} is no URI: begin it with a scheme, as in \"notes://today\""
        ));
    }
    let wrong = text.chars().find(|c| !c.is_ascii_graphic())?;
    Some(format!(
        "{text:?} is no URI because of {wrong:?}: write it as `%..`"
    ))
}

/// The names in braces.
fn names(text: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, behind) = after.split_once('}').ok_or("a `{` has no `}`")?;
        if before.contains('}') {
            break;
        }
        let name = expression.strip_prefix('+').unwrap_or(expression);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(format!(
                "{{{expression}}} is no variable: write `{{name}}` for a segment, or `{{+name}}` for the rest of a path, with a name of letters, digits and `_`"
            ));
        }
        if names.iter().any(|known| known == name) {
            return Err(format!("{{{name}}} is there twice: give each its own name"));
        }
        names.push(name.to_owned());
        rest = behind;
    }
    if rest.contains('}') {
        return Err("a `}` has no `{`".to_owned());
    }
    if names.len() > MOST_VARIABLES {
        return Err(format!(
            "a URI has at most {MOST_VARIABLES} variables, this one has {}",
            names.len()
        ));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme_and_its_own_characters() {
        for good in [
            "notes://today",
            "x:y",
            "a+b.c-d:///{e}/{+f}",
            "file:///a%20b",
        ] {
            assert_eq!(complaint(good), None, "{good}");
        }
        for bad in [
            "",
            "today",
            "/a:b",
            "1x:y",
            ":y",
            "notes://to day",
            "x:é",
            "{a}:b",
        ] {
            assert!(complaint(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn variables_are_named_once_in_pairs_of_braces() {
        for (text, expected) in [
            ("x:y", &[][..]),
            ("x:{a}/{+b}", &["a", "b"]),
            ("{a}{_1}", &["a", "_1"]),
        ] {
            assert_eq!(
                names(text).as_deref(),
                Ok(&expected.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        for bad in [
            "{",
            "}",
            "{}",
            "{+}",
            "{a",
            "a}",
            "}{a}",
            "{{a}}",
            "{a}{a}",
            "{?a}",
            "{a,b}",
            "{a*}",
            "{a}{b}{c}{d}{e}{f}{g}",
        ] {
            assert!(names(bad).is_err(), "{bad}");
        }
    }
}
