//! What stands above a parameter: that it is an argument of the call, and what its field has.

use proc_macro2::{Ident, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaNameValue, Path, Token};

/// A doc comment, which could stand there for no other reason, or the word itself.
pub(crate) fn says_argument(attribute: &Attribute) -> bool {
    is_arg(attribute.path()) || attribute.path().is_ident("doc")
}

pub(crate) fn is_arg(path: &Path) -> bool {
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(only), None, None) => only == "arg",
        (Some(krate), Some(name), None) => krate == "mcp_authz" && name == "arg",
        _ => false,
    }
}

/// What an attribute says on a condition: the attributes within `cfg_attr`.
pub(crate) fn conditional(attribute: &Attribute) -> Vec<Meta> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let read = within.parse2(list.tokens.clone());
            let metas = read.into_iter().flatten();
            metas.flat_map(flattened).collect()
        }
        _ => Vec::new(),
    }
}

fn flattened(meta: Meta) -> Vec<Meta> {
    match &meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let read = within.parse2(list.tokens.clone());
            read.into_iter().flatten().flat_map(flattened).collect()
        }
        _ => vec![meta],
    }
}

/// Behind the condition.
fn within(input: ParseStream<'_>) -> syn::Result<Punctuated<Meta, Token![,]>> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>()?;
    Punctuated::parse_terminated(input)
}

/// `#[serde(rename = "..")]`.
pub(crate) fn renamed(attribute: &Attribute) -> Option<String> {
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated;
    let parts = attribute.parse_args_with(parts).ok()?;
    parts.into_iter().find_map(|part| match part {
        Meta::NameValue(MetaNameValue {
            path,
            value:
                Expr::Lit(ExprLit {
                    lit: Lit::Str(name),
                    ..
                }),
            ..
        }) if path.is_ident("rename") => Some(name.value()),
        _ => None,
    })
}

/// What the compiler does not know above a parameter.
pub(crate) fn is_of_arguments(attribute: &Attribute) -> bool {
    let of_conditions = conditional(attribute);
    is_arg(attribute.path())
        || is_of_fields(attribute.path())
        || of_conditions.iter().any(|meta| is_of_fields(meta.path()))
        || of_conditions.iter().any(|meta| is_arg(meta.path()))
}

/// What a field of the input struct can have.
fn is_of_fields(path: &Path) -> bool {
    let of_fields = ["doc", "serde", "schemars"];
    of_fields.iter().any(|known| path.is_ident(known))
}

/// What stands first in each part of `#[serde(..)]` or `#[schemars(..)]`.
pub(crate) fn names(attribute: &Attribute) -> Option<Vec<Ident>> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let mut names = Vec::new();
    let mut is_first = true;
    for token in list.tokens.clone() {
        let starts = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
        match token {
            TokenTree::Ident(name) if is_first => names.push(name),
            _ if is_first => return None,
            _ => {}
        }
        is_first = starts;
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn what_is_said_on_a_condition_is_said_all_the_same() {
        for (attribute, is) in [
            (parse_quote!(#[cfg_attr(unix, serde(default))]), true),
            (
                parse_quote!(#[cfg_attr(any(unix, windows), allow(x), doc = "x")]),
                true,
            ),
            (
                parse_quote!(#[cfg_attr(a, cfg_attr(b, schemars(title = "x")))]),
                true,
            ),
            (parse_quote!(#[mcp_authz::arg]), true),
            (parse_quote!(#[cfg_attr(unix, arg)]), true),
            (parse_quote!(#[cfg_attr(doc, allow(unused))]), false),
            (parse_quote!(#[allow(serde)]), false),
            (parse_quote!(#[clap::arg]), false),
        ] {
            let attribute: Attribute = attribute;
            let told = quote::quote!(#attribute).to_string();
            assert_eq!(is_of_arguments(&attribute), is, "{told}");
        }
    }

    #[test]
    fn a_new_name_is_that_of_serde() {
        let name = |attribute: Attribute| renamed(&attribute);
        assert_eq!(
            name(parse_quote!(#[serde(default, rename = "to")])).as_deref(),
            Some("to")
        );
        assert_eq!(name(parse_quote!(#[serde(default)])), None);
        assert_eq!(name(parse_quote!(#[serde])), None);
    }
}
