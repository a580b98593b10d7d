//! A parameter of the annotated function: something that the server gives, or an argument of the call.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Meta, Pat, PatIdent, PatType, Type};

use crate::errors::Errors;
use crate::kind::Kind;

pub(crate) struct Parameter {
    /// None for a pattern.
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    /// Where it is an argument of the call in its own right: what its field in the input struct has.
    pub(crate) argument: Option<Vec<Attribute>>,
}

impl Parameter {
    pub(crate) fn new(parameter: PatType) -> Self {
        let PatType { attrs, pat, ty, .. } = parameter;
        let argument = attrs.iter().any(says_argument).then(|| {
            let is_passed_on =
                |said: &Attribute| is_of_arguments(said) && !said.path().is_ident("arg");
            attrs.into_iter().filter(is_passed_on).collect()
        });
        Self {
            ident: match *pat {
                Pat::Ident(PatIdent { ident, .. }) => Some(ident),
                _ => None,
            },
            ty: *ty,
            argument,
        }
    }

    /// The field of the input struct: with a `_` before the name, the parameter is ignored on purpose.
    pub(crate) fn field(&self) -> Option<Ident> {
        let ident = self.ident.as_ref()?;
        let name = ident.unraw().to_string();
        let plain = name.strip_prefix('_').unwrap_or(&name);
        let mut field = syn::parse_str(plain)
            .or_else(|_| syn::parse_str(&format!("r#{plain}")))
            .unwrap_or_else(|_| ident.clone());
        field.set_span(ident.span());
        Some(field)
    }

    /// Whether nothing that is said of an argument's field looks at its type.
    pub(crate) fn is_plain(&self) -> bool {
        self.says_only(&[])
    }

    /// Whether an argument is read and described as its type is.
    pub(crate) fn is_of_its_type(&self) -> bool {
        self.says_only(&["default"])
    }

    /// Whether its attributes say nothing but what is harmless, and this.
    fn says_only(&self, this: &[&str]) -> bool {
        const HARMLESS: [&str; 12] = [
            "rename",
            "alias",
            "title",
            "description",
            "range",
            "length",
            "pattern",
            "regex",
            "example",
            "extend",
            "email",
            "url",
        ];
        let mut attributes = self.argument.iter().flatten();
        attributes.all(|attribute| {
            attribute.path().is_ident("doc")
                || names(attribute).is_some_and(|names| {
                    let known =
                        |name: &Ident| HARMLESS.iter().chain(this).any(|known| name == known);
                    names.iter().all(known)
                })
        })
    }

    /// Whether these are the arguments of a call, by the name of the type.
    pub(crate) fn is_parameters(&self) -> bool {
        let Type::Path(path) = &self.ty else {
            return false;
        };
        let last = path.path.segments.last();
        last.is_some_and(|last| last.ident == "Parameters" && !last.arguments.is_none())
    }
}

/// A doc comment, which could stand there for no other reason, or the word itself.
fn says_argument(attribute: &Attribute) -> bool {
    attribute.path().is_ident("arg") || attribute.path().is_ident("doc")
}

/// What stands first in each part of `#[serde(..)]` or `#[schemars(..)]`.
fn names(attribute: &Attribute) -> Option<Vec<Ident>> {
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

/// What the compiler does not know above a parameter.
pub(crate) fn is_of_arguments(attribute: &Attribute) -> bool {
    let path = attribute.path();
    says_argument(attribute) || path.is_ident("serde") || path.is_ident("schemars")
}

pub(crate) fn check(kind: Kind, parameter: &PatType, errors: &mut Errors) {
    for attribute in &parameter.attrs {
        if attribute.path().is_ident("cfg") {
            errors.at(
                attribute,
                format!("a {kind}'s parameters are always there: put the `cfg` on the function"),
            );
        }
    }
    check_argument(kind, parameter, errors);
    let is_argument = parameter.attrs.iter().any(says_argument);
    if let Type::Reference(reference) = &*parameter.ty
        && (is_argument || reference.lifetime.as_ref().is_none_or(|l| l.ident == "_"))
    {
        errors.at(
            reference,
            format!("a {kind} owns its parameters: {}", instead(&reference.elem)),
        );
    } else if is_argument && borrows(parameter.ty.to_token_stream()) {
        errors.at(
            &parameter.ty,
            "an argument owns what is in it: write `String` for `&str`, and other types without `&`",
        );
    } else if let Some(keyword) = impl_keyword(parameter.ty.to_token_stream()) {
        errors.at(
            keyword,
            format!("a {kind}'s parameters need a named type, not an `impl Trait`"),
        );
    }
}

/// What is said of an argument must be able to be said of it.
fn check_argument(kind: Kind, parameter: &PatType, errors: &mut Errors) {
    let mut of_arguments = parameter.attrs.iter().filter(|a| is_of_arguments(a));
    let Some(first) = of_arguments.next() else {
        return;
    };
    if !parameter.attrs.iter().any(says_argument) {
        errors.at(
            first,
            "this is for an argument of the call: say that it is one with a doc comment, or `#[arg]`",
        );
        return;
    }
    for attribute in &parameter.attrs {
        if attribute.path().is_ident("arg") && !matches!(attribute.meta, Meta::Path(_)) {
            errors.at(
                attribute,
                "`#[arg]` takes nothing: more about an argument is said with `#[serde(..)]` and `#[schemars(..)]`",
            );
        }
    }
    if kind == Kind::Resource {
        errors.at(
            first,
            "a resource has no arguments: a parameter with the name of a variable of its URI is that variable (and is described in a `//` comment)",
        );
    } else if let Some(given) = given(&parameter.ty) {
        errors.at(
            first,
            format!("`{given}` comes from the server, never from a client: describe it in a `//` comment"),
        );
    } else if !matches!(*parameter.pat, Pat::Ident(_)) {
        errors.at(
            &parameter.pat,
            "an argument has a name for clients to say: write `name: Type`",
        );
    }
}

/// The name of a type that no client may supply, alone or in an `Option`.
fn given(ty: &Type) -> Option<String> {
    const GIVEN: [&str; 4] = ["AuthInfo", "State", "Parameters", "RequestContext"];
    let mut tokens = ty.to_token_stream().into_iter();
    tokens.find_map(|token| match token {
        TokenTree::Ident(ident) if GIVEN.iter().any(|given| ident == given) => {
            Some(ident.to_string())
        }
        _ => None,
    })
}

/// What to write for a reference to this type.
fn instead(borrowed: &Type) -> &'static str {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => "write `String`",
        _ => "write the type without `&`, or `State<T>` for a value of the server",
    }
}

/// Whether there is a `&` in it, however deep.
fn borrows(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '&',
        TokenTree::Group(group) => borrows(group.stream()),
        _ => false,
    })
}

/// The first `impl`, however deep.
pub(crate) fn impl_keyword(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "impl" => Some(ident),
        TokenTree::Group(group) => impl_keyword(group.stream()),
        _ => None,
    })
}
