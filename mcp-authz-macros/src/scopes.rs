//! `scopes = …`: the expression, and the rules that can be decided on its text.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, ExprCall, ExprLit, ExprPath, Lit, LitStr, Token};

use crate::errors::Errors;

pub(crate) enum Scopes {
    Literal(LitStr),
    Const(ScopeConst),
    All(Vec<Scopes>),
    Any(Vec<Scopes>),
}

/// A path to a `const` scope. The expansion names it once, as `alias`, so that a path to something
/// else is one type error.
pub(crate) struct ScopeConst {
    pub(crate) alias: Ident,
    pub(crate) path: ExprPath,
}

impl Scopes {
    /// Reads the value of `scopes`; `None` when it is none, which `errors` then says.
    pub(crate) fn read(value: &Expr, errors: &mut Errors) -> Option<Self> {
        let mut reader = Reader { errors, consts: 0 };
        match plain(value) {
            Expr::Array(list) => reader.list(&list.elems, list).map(Self::All),
            Expr::Tuple(_) | Expr::Reference(_) | Expr::Macro(_) => {
                errors.at(
                    value,
                    "several scopes are a list: `scopes = [\"profile\", \"email\"]`",
                );
                None
            }
            single => reader.expression(single),
        }
    }

    /// The literals, in the order written.
    pub(crate) fn literals(&self) -> Vec<&LitStr> {
        match self {
            Self::Literal(token) => vec![token],
            Self::Const(_) => Vec::new(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::literals).collect(),
        }
    }

    /// The constants, in the order written.
    pub(crate) fn consts(&self) -> Vec<&ScopeConst> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Const(scope) => vec![scope],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::consts).collect(),
        }
    }
}

struct Reader<'a> {
    errors: &'a mut Errors,
    consts: usize,
}

impl Reader<'_> {
    fn expression(&mut self, value: &Expr) -> Option<Scopes> {
        match plain(value) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(token),
                ..
            }) => self.literal(token),
            Expr::Path(path) => Some(self.constant(path)),
            Expr::Call(call) => self.call(call),
            other => {
                self.errors.at(other, instead(other));
                None
            }
        }
    }

    fn literal(&mut self, token: &LitStr) -> Option<Scopes> {
        if let Some(complaint) = complaint(&token.value()) {
            self.errors.at(token, complaint);
            return None;
        }
        Some(Scopes::Literal(token.clone()))
    }

    fn constant(&mut self, path: &ExprPath) -> Scopes {
        let alias = format_ident!("__SCOPE_{}", self.consts, span = Span::call_site());
        self.consts += 1;
        Scopes::Const(ScopeConst {
            alias,
            path: path.clone(),
        })
    }

    fn call(&mut self, call: &ExprCall) -> Option<Scopes> {
        match plain(&call.func) {
            Expr::Path(name) if name.path.is_ident("all") => {
                self.list(&call.args, call).map(Scopes::All)
            }
            Expr::Path(name) if name.path.is_ident("any") => {
                self.list(&call.args, call).map(Scopes::Any)
            }
            Expr::Path(name) if is_scope_new(name) => {
                self.errors
                    .at(call, "a scope is written as its string alone");
                None
            }
            other => {
                self.errors
                    .at(other, "scopes are combined with `all(..)` and `any(..)`");
                None
            }
        }
    }

    fn list<T: quote::ToTokens>(
        &mut self,
        parts: &Punctuated<Expr, Token![,]>,
        whole: &T,
    ) -> Option<Vec<Scopes>> {
        if parts.is_empty() {
            self.errors.at(
                whole,
                "no scopes: say `authenticated` if any caller with a valid token may call this",
            );
            return None;
        }
        let read: Vec<Option<Scopes>> = parts.iter().map(|part| self.expression(part)).collect();
        self.refuse_equal_literals(&read);
        read.into_iter().collect()
    }

    fn refuse_equal_literals(&mut self, list: &[Option<Scopes>]) {
        let mut seen = Vec::new();
        for part in list {
            let Some(Scopes::Literal(token)) = part else {
                continue;
            };
            let value = token.value();
            if seen.contains(&value) {
                self.errors
                    .at(token, format!("`{value}` is in this list already"));
            }
            seen.push(value);
        }
    }
}

/// What to write for something that is no scope.
fn instead(written: &Expr) -> &'static str {
    match written {
        Expr::Array(_) => "a list in a list: write `all(..)` or `any(..)`",
        Expr::Binary(binary) => match binary.op {
            BinOp::And(_) | BinOp::BitAnd(_) => "write `all(..)` for scopes that are all needed",
            BinOp::Or(_) | BinOp::BitOr(_) => "write `any(..)` for scopes of which one is enough",
            _ => EXPECTED,
        },
        _ => EXPECTED,
    }
}

const EXPECTED: &str =
    "expected a scope: a string, a constant of type `Scope`, `all(..)` or `any(..)`";

/// What stands in code for a string in the attribute.
fn is_scope_new(path: &ExprPath) -> bool {
    let mut last = path.path.segments.iter().rev();
    let names = [last.next(), last.next()].map(|segment| segment.map(|s| s.ident.to_string()));
    names == [Some("new".to_owned()), Some("Scope".to_owned())]
}

/// The expression without what stands around it: parentheses, or the invisible group that a
/// `macro_rules!` fragment arrives in.
fn plain(mut value: &Expr) -> &Expr {
    loop {
        value = match value {
            Expr::Group(group) => &group.expr,
            Expr::Paren(paren) => &paren.expr,
            plain => return plain,
        };
    }
}

/// What is wrong with a scope-token (RFC 6749 §3.3), if anything.
pub(crate) fn complaint(token: &str) -> Option<String> {
    let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E');
    if token.is_empty() {
        return Some("an empty string is not a scope".to_owned());
    }
    let wrong = token.chars().find(|c| !allowed(*c))?;
    let words: Vec<String> = token
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(|word| format!("{word:?}"))
        .collect();
    Some(match wrong {
        ' ' if words.len() > 1 => format!(
            "one string is one scope, and scopes contain no spaces: write {}",
            words.join(", ")
        ),
        _ => format!(
            "{token:?} is not a scope because of {wrong:?}: use printable ASCII without spaces, \
             `\"` and `\\` (RFC 6749 section 3.3)"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_that_of_rfc_6749() {
        for token in ["a", "!", "mail:send", "https://x.test/a?b#c", "~", "[x]"] {
            assert_eq!(complaint(token), None, "{token:?}");
        }
        for token in [
            "", " ", "a b", " a", "a\"", "a\\b", "a\tb", "a\n", "é", "a\u{a0}b", "\u{7f}",
        ] {
            assert!(complaint(token).is_some(), "{token:?}");
        }
    }

    #[test]
    fn a_list_with_spaces_is_taken_apart() {
        for list in ["profile email", "profile, email"] {
            let complaint = complaint(list).expect("a complaint");
            assert!(
                complaint.ends_with(r#"write "profile", "email""#),
                "{complaint}"
            );
        }
    }
}
