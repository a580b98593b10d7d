//! The values of the attribute's arguments.

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::{Brace, Bracket, Paren};
use syn::{Error, Expr, ExprLit, ExprPath, Lit, LitBool, LitInt, LitStr, Path, Token};

use crate::errors::Errors;
use crate::scopes::{Scopes, complaint};

/// What follows the key, up to the comma.
pub(crate) fn value(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Expr>> {
    let ends = || input.is_empty() || input.peek(Token![,]);
    let mut value = None;
    if let Some(equals) = equals(key, input, errors)? {
        if ends() {
            return Err(Error::new(equals, format!("`{key}` has no value")));
        }
        value = Some(input.parse()?);
    } else if input.peek(Paren) || input.peek(Bracket) || input.peek(Brace) {
        return Err(input.error(match is_bare(key) {
            true => format!("`{key}` stands alone, without a value"),
            false => format!("expected `{key} = ..`"),
        }));
    }
    if !ends() {
        let wrong = input.error("expected `,`");
        let is_comma = input.parse::<Option<Token![;]>>()?.is_some();
        // The next argument is there all the same.
        if !is_comma && !input.peek(Ident::peek_any) {
            return Err(wrong);
        }
        errors.push(wrong);
    }
    Ok(value)
}

/// The sign before a value, or what was written for it.
fn equals(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Span>> {
    let span = input.span();
    let is_other = if input.peek(Token![==]) {
        input.parse::<Token![==]>().is_ok()
    } else if input.peek(Token![=>]) {
        input.parse::<Token![=>]>().is_ok()
    } else {
        input.peek(Token![:]) && !input.peek(Token![::]) && input.parse::<Token![:]>().is_ok()
    };
    if is_other {
        errors.push(Error::new(span, format!("expected `{key} = ..`")));
        return Ok(Some(span));
    }
    let equals = input.parse::<Option<Token![=]>>()?;
    Ok(equals.map(|_| span))
}

/// What is said by being there.
fn is_bare(key: &Ident) -> bool {
    ["authenticated", "anonymous", "conceal"]
        .iter()
        .any(|bare| key == bare)
}

/// Goes on behind a mistake.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

/// Who may call, by scopes.
pub(crate) fn scopes(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<Scopes> {
    let Some(value) = value else {
        errors.at(key, "say which: `scopes = [\"profile\", \"email\"]`");
        return None;
    };
    Scopes::read(value, errors)
}

/// A key that says it all.
pub(crate) fn bare<T>(
    said: T,
    key: &Ident,
    value: Option<&Expr>,
    errors: &mut Errors,
) -> Option<T> {
    if let Some(value) = value {
        errors.at(
            value,
            format!("`{key}` stands alone, without a value: leave it out where it does not hold"),
        );
        return None;
    }
    Some(said)
}

/// A string.
pub(crate) fn text(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<LitStr> {
    match literal(value) {
        Some(Lit::Str(text)) => Some(text.clone()),
        // It is checked here, where the value of a constant is not known.
        _ => {
            wrong(key, value, "a string in quotes", errors);
            None
        }
    }
}

/// Words that nothing depends on: also a constant, or what a macro such as `include_str!` gives.
pub(crate) fn prose(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<Expr> {
    match value {
        Some(Expr::Group(group)) => prose(key, Some(&group.expr), errors),
        Some(said @ (Expr::Path(_) | Expr::Macro(_))) => Some(said.clone()),
        Some(said) if matches!(literal(value), Some(Lit::Str(_))) => Some(said.clone()),
        _ => {
            let expected = "a string, a constant, or a macro such as `include_str!(\"..\")`";
            wrong(key, value, expected, errors);
            None
        }
    }
}

/// `true`, `false`, or the key alone.
pub(crate) fn flag(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<bool> {
    match (value, literal(value)) {
        (None, _) => Some(true),
        (_, Some(Lit::Bool(LitBool { value, .. }))) => Some(*value),
        _ => {
            wrong(key, value, "`true` or `false`", errors);
            None
        }
    }
}

/// The path of a crate.
pub(crate) fn path(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<Path> {
    match value {
        Some(Expr::Path(path)) if path.qself.is_none() => Some(path.path.clone()),
        _ => {
            wrong(key, value, "a path, such as `crate::authz`", errors);
            None
        }
    }
}

/// The path of a function.
pub(crate) fn function(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<ExprPath> {
    match value {
        Some(Expr::Path(path)) => Some(path.clone()),
        Some(Expr::Group(group)) => function(key, Some(&group.expr), errors),
        _ => {
            let how = value.map_or("", instead_of_a_path);
            wrong(key, value, &format!("the path of a function{how}"), errors);
            None
        }
    }
}

/// How to come from what was written to a path.
fn instead_of_a_path(written: &Expr) -> &'static str {
    match written {
        Expr::Closure(_) => ": declare the closure as a `fn`, and write its name",
        Expr::Call(_) => ": leave out its `(..)`",
        Expr::Lit(_) => ": leave out the quotes",
        Expr::Array(_) | Expr::Tuple(_) => ": of one, which can ask the others",
        _ => "",
    }
}

/// A time in whole seconds: a token says no more.
pub(crate) fn seconds(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Option<LitInt> {
    match literal(value) {
        // Another unit would be read as seconds: `300ms` and `5m` are one number each.
        Some(Lit::Int(seconds))
            if seconds.suffix().is_empty()
                && seconds.base10_parse::<u64>().is_ok_and(|age| age > 0) =>
        {
            Some(LitInt::new(seconds.base10_digits(), seconds.span()))
        }
        _ => {
            wrong(
                key,
                value,
                "a positive number of whole seconds, such as `300`",
                errors,
            );
            None
        }
    }
}

/// A list of strings that travel in one challenge, with spaces between them (RFC 9470 section 3).
pub(crate) fn words(key: &Ident, value: Option<&Expr>, errors: &mut Errors) -> Vec<LitStr> {
    let Some(Expr::Array(list)) = value else {
        wrong(key, value, "a list of strings", errors);
        return Vec::new();
    };
    if list.elems.is_empty() {
        errors.at(list, format!("`{key}` names none, which nobody could meet"));
    }
    let mut words: Vec<LitStr> = Vec::new();
    for element in &list.elems {
        let Some(word) = text(key, Some(element), errors) else {
            continue;
        };
        if complaint(&word.value()).is_some() {
            let told = "use printable ASCII without spaces, `\"` and `\\`";
            errors.at(&word, format!("this cannot stand in a challenge: {told}"));
        } else if words.iter().any(|known| known.value() == word.value()) {
            errors.at(&word, "it is in this list already");
        }
        words.push(word);
    }
    words
}

fn wrong(key: &Ident, value: Option<&Expr>, expected: &str, errors: &mut Errors) {
    let message = format!("`{key}` is {expected}");
    match value {
        Some(value) => errors.at(value, message),
        None => errors.at(key, message),
    }
}

fn literal(value: Option<&Expr>) -> Option<&Lit> {
    match value? {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(group) => literal(Some(&group.expr)),
        _ => None,
    }
}
