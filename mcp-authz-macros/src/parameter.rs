//! A parameter of the annotated function: something that the server gives, or an argument of the call.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Meta, Pat, PatIdent, PatType, Path, Type};

use crate::above::{conditional, is_arg, is_of_arguments, names, renamed, says_argument};
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
            let is_passed_on = |said: &Attribute| is_of_arguments(said) && !is_arg(said.path());
            attrs.into_iter().filter(is_passed_on).collect()
        });
        Self {
            ident: match *pat {
                Pat::Ident(PatIdent { ident, .. }) => Some(ident),
                _ => None,
            },
            ty: ungrouped(*ty),
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

    /// The name that clients say.
    pub(crate) fn wire_name(&self) -> Option<String> {
        let attributes = self.argument.iter().flatten();
        let of_serde = attributes.filter(|attribute| attribute.path().is_ident("serde"));
        let mut renamed = of_serde.filter_map(renamed);
        renamed
            .next()
            .or_else(|| Some(self.field()?.unraw().to_string()))
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
        self.is_named("Parameters", true)
    }

    /// Whether this is the caller, who may not be absent.
    pub(crate) fn is_caller(&self) -> bool {
        self.is_named("AuthInfo", false)
    }

    fn is_named(&self, name: &str, is_generic: bool) -> bool {
        let Type::Path(path) = &self.ty else {
            return false;
        };
        let last = path.path.segments.last();
        last.is_some_and(|last| last.ident == name && last.arguments.is_none() != is_generic)
    }
}

/// The type without the invisible group that a `macro_rules!` fragment arrives in.
pub(crate) fn ungrouped(ty: Type) -> Type {
    match ty {
        Type::Group(group) => ungrouped(*group.elem),
        plain => plain,
    }
}

pub(crate) fn check(kind: Kind, parameter: &PatType, errors: &mut Errors) {
    for attribute in &parameter.attrs {
        check_conditions(kind, attribute, errors);
    }
    check_argument(kind, parameter, errors);
    let is_argument = parameter.attrs.iter().any(says_argument);
    let ty = ungrouped((*parameter.ty).clone());
    if let Type::Reference(reference) = &ty
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

/// A call is the same under every condition.
fn check_conditions(kind: Kind, attribute: &Attribute, errors: &mut Errors) {
    let of_conditions = conditional(attribute);
    let has = |is: fn(&Path) -> bool| of_conditions.iter().any(|meta| is(meta.path()));
    if attribute.path().is_ident("cfg") || has(|path| path.is_ident("cfg")) {
        errors.at(
            attribute,
            format!("a {kind}'s parameters are always there: put the `cfg` on the function"),
        );
    }
    if has(is_arg) {
        errors.at(
            attribute,
            "a parameter is an argument always or never: write `#[arg]`",
        );
    }
}

/// What is said of an argument must be able to be said of it.
fn check_argument(kind: Kind, parameter: &PatType, errors: &mut Errors) {
    let is_told = |attribute: &Attribute| conditional(attribute).iter().any(|m| is_arg(m.path()));
    let of_arguments = parameter.attrs.iter().filter(|a| is_of_arguments(a));
    let mut of_arguments = of_arguments.filter(|attribute| !is_told(attribute));
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
        if is_arg(attribute.path()) && !matches!(attribute.meta, Meta::Path(_)) {
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
    first_of(&GIVEN, ty.to_token_stream()).map(|given| given.to_string())
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
    first_of(&["impl"], tokens)
}

/// The first of these words, however deep.
fn first_of(words: &[&str], tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if words.iter().any(|word| ident == word) => Some(ident),
        TokenTree::Group(group) => first_of(words, group.stream()),
        _ => None,
    })
}
