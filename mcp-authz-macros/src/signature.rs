//! The annotated function: everything that the expansion has to know of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{
    Attribute, FnArg, LitStr, Path, Receiver, ReturnType, Safety, Token, Type, TypeTuple,
    Visibility,
};

use crate::above::is_of_arguments;
use crate::errors::Errors;
use crate::kind::Kind;
use crate::parameter::{self, Parameter, impl_keyword, ungrouped};
use crate::words::{self, Words};

pub(crate) struct Signature {
    /// The function's `cfg`s: what is emitted beside it must vanish with it.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) description: Option<Words>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) is_async: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Type,
    /// Not for `impl Trait`, which cannot be written a second time.
    pub(crate) is_named: bool,
}

impl Signature {
    /// Which of the parameters is `Parameters<T>`.
    pub(crate) fn arguments(&self) -> Option<usize> {
        self.parameters.iter().position(Parameter::is_parameters)
    }

    /// The parameters that are arguments of a call in their own right, with their places.
    pub(crate) fn own_arguments(&self) -> impl Iterator<Item = (usize, &Parameter)> {
        let parameters = self.parameters.iter().enumerate();
        parameters.filter(|(_, parameter)| parameter.argument.is_some())
    }

    pub(crate) fn has_own_arguments(&self) -> bool {
        self.own_arguments().next().is_some()
    }

    /// Reads everything before the body, which is the compiler's alone to judge.
    pub(crate) fn read(kind: Kind, item: &TokenStream, errors: &mut Errors) -> Option<Self> {
        match head.parse2(item.clone()) {
            Ok((attributes, visibility, signature, _)) => {
                check_attributes(kind, &attributes, errors);
                check(kind, &signature, errors);
                Some(Self::new(&attributes, visibility, signature))
            }
            Err(error) => {
                let told = match is_function.parse2(item.clone()) {
                    Ok(()) => format!("this {kind} cannot be read: {error}"),
                    Err(_) => format!("only a function can be a {kind}"),
                };
                errors.push(syn::Error::new(error.span(), told));
                None
            }
        }
    }

    fn new(attributes: &[Attribute], visibility: Visibility, signature: syn::Signature) -> Self {
        let output = output(signature.output, signature.ident.span());
        let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
        Self {
            cfgs: attributes.iter().filter(is_cfg).cloned().collect(),
            description: words::of(attributes),
            visibility,
            ident: signature.ident,
            is_async: signature.asyncness.is_some(),
            parameters: signature.inputs.into_iter().filter_map(typed).collect(),
            is_named: impl_keyword(output.to_token_stream()).is_none(),
            output,
        }
    }
}

/// Everything before the body, and the body, which may be half written.
fn head(
    input: ParseStream<'_>,
) -> syn::Result<(Vec<Attribute>, Visibility, syn::Signature, TokenStream)> {
    let attributes = Attribute::parse_outer(input)?;
    let visibility = input.parse()?;
    let signature = input.parse()?;
    Ok((attributes, visibility, signature, input.parse()?))
}

/// Succeeds in front of a function, whatever is wrong with the rest of it.
fn is_function(input: ParseStream<'_>) -> syn::Result<()> {
    Attribute::parse_outer(input)?;
    input.parse::<Visibility>()?;
    while input.peek(Token![const]) || input.peek(Token![async]) || input.peek(Token![unsafe]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    if input.parse::<Option<Token![extern]>>()?.is_some() {
        input.parse::<Option<LitStr>>()?;
    }
    input.parse::<Token![fn]>()?;
    input.parse::<TokenStream>().map(drop)
}

/// The function as written, without what is said of its arguments: the compiler knows nothing of that
/// above a parameter.
pub(crate) fn without_arguments(item: &TokenStream) -> TokenStream {
    let Ok((attributes, visibility, mut signature, body)) = head.parse2(item.clone()) else {
        return item.clone();
    };
    let mut is_changed = false;
    for argument in &mut signature.inputs {
        if let FnArg::Typed(parameter) = argument {
            is_changed |= parameter.attrs.iter().any(is_of_arguments);
            parameter
                .attrs
                .retain(|attribute| !is_of_arguments(attribute));
        }
    }
    match is_changed {
        true => quote!(#(#attributes)* #visibility #signature #body),
        false => item.clone(),
    }
}

fn typed(argument: FnArg) -> Option<Parameter> {
    match argument {
        FnArg::Typed(parameter) => Some(Parameter::new(parameter)),
        FnArg::Receiver(_) => None,
    }
}

/// What is wrong with a type that is not written is told where the function's name stands.
fn output(output: ReturnType, name: Span) -> Type {
    match output {
        ReturnType::Default => Type::Tuple(TypeTuple {
            attrs: Vec::new(),
            paren_token: Paren(name),
            elems: Punctuated::new(),
        }),
        ReturnType::Type(_, ty) => ungrouped(*ty),
    }
}

/// A function is one thing to clients: of two, which one would its name be?
fn check_attributes(kind: Kind, attributes: &[Attribute], errors: &mut Errors) {
    // A third one is told of by the second.
    if let Some(attribute) = attributes.iter().find(|other| is_ours(other.path())) {
        errors.at(
            attribute.path(),
            format!(
                "this function is a {kind} already: write a second one for this, which calls it"
            ),
        );
    }
}

fn is_ours(path: &Path) -> bool {
    let ours = ["tool", "prompt", "resource"];
    let mut segments = path.segments.iter();
    let (first, second) = (segments.next(), segments.next());
    let is_named =
        |names: &[&str], segment: &syn::PathSegment| names.iter().any(|name| segment.ident == name);
    match (first, second) {
        (Some(only), None) => is_named(&ours, only),
        (Some(krate), Some(name)) => is_named(&["mcp_authz"], krate) && is_named(&ours, name),
        (None, _) => false,
    }
}

/// The forms that a call from a client could not be turned into.
fn check(kind: Kind, signature: &syn::Signature, errors: &mut Errors) {
    if let Safety::Unsafe(keyword) = &signature.safety {
        errors.at(
            keyword,
            format!("a {kind} cannot be `unsafe`: no client can uphold its contract"),
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            format!("a {kind} is an ordinary Rust function, not an `extern` one"),
        );
    }
    if !signature.generics.params.is_empty() {
        errors.at(
            &signature.generics,
            format!("a {kind} cannot be generic: there is one function for every call"),
        );
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && let Type::Never(never) = &**ty
    {
        errors.at(
            never,
            format!("a {kind} has to return, so that its caller gets an answer"),
        );
    }
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => check_receiver(kind, receiver, errors),
            FnArg::Typed(parameter) => parameter::check(kind, parameter, errors),
        }
    }
}

fn check_receiver(kind: Kind, receiver: &Receiver, errors: &mut Errors) {
    errors.at(
        receiver,
        format!("a {kind} is a free function: take what `self` would hold as a `State<T>`"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn read(item: &TokenStream) -> (Option<Signature>, usize) {
        let mut errors = Errors::default();
        let signature = Signature::read(Kind::Tool, item, &mut errors);
        let count = errors
            .finish()
            .map_or_else(|e| e.into_iter().count(), |()| 0);
        (signature, count)
    }

    #[test]
    fn the_body_is_not_read() {
        let (signature, errors) = read(&quote!(pub(crate) async fn f(mut a: A, _: B) -> C { a. }));
        let signature = signature.expect("a signature");
        assert_eq!((signature.parameters.len(), errors), (2, 0));
        assert!(signature.is_async);
        assert!(signature.is_named);
    }

    #[test]
    fn what_is_said_of_an_argument_is_not_above_the_function() {
        let item = quote!(
            fn f(a: A, #[doc = "b"] #[serde(default)] #[allow(unused)] b: B, #[arg] _c: C) { a. }
        );
        let signature = read(&item).0.expect("a signature");
        let fields = signature
            .own_arguments()
            .filter_map(|(_, argument)| argument.field());
        let fields: Vec<String> = fields.map(|field| field.to_string()).collect();
        assert_eq!(fields, ["b", "c"]);
        let plain = without_arguments(&item).to_string();
        let expected = quote!(
            fn f(a: A, #[allow(unused)] b: B, _c: C) { a. }
        );
        assert_eq!(plain, expected.to_string());
    }

    #[test]
    fn what_cannot_be_a_tool() {
        for (item, mistakes) in [
            (
                quote!(
                    struct S;
                ),
                1,
            ),
            (quote!(impl S { fn f() {} }), 1),
            (
                quote!(
                    fn f<T, const N: usize>() {}
                ),
                1,
            ),
            (
                quote!(
                    fn f(&self, a: &str) {}
                ),
                2,
            ),
            (
                quote!(
                    unsafe extern "C" fn f(a: Option<impl Fn()>) {}
                ),
                3,
            ),
            (
                quote!(
                    fn f(#[cfg(test)] a: A, b: &'_ B, c: &'static str) {}
                ),
                2,
            ),
        ] {
            assert_eq!(read(&item).1, mistakes, "{item}");
        }
    }

    #[test]
    fn a_function_that_cannot_be_read_is_one_all_the_same() {
        for (item, told) in [
            (
                quote!(pub const async unsafe extern "C" fn f(x) {}),
                "cannot be read",
            ),
            (quote!(fn f(x)), "cannot be read"),
            (
                quote!(
                    const F: fn() = f;
                ),
                "only a function",
            ),
            (
                quote!(
                    struct S;
                ),
                "only a function",
            ),
        ] {
            let mut errors = Errors::default();
            assert!(Signature::read(Kind::Tool, &item, &mut errors).is_none());
            let error = errors.finish().expect_err("it cannot be read").to_string();
            assert!(error.contains(told), "{item}: {error}");
        }
    }

    #[test]
    fn a_function_is_one_thing() {
        for (item, mistakes) in [
            (
                quote!(
                    #[tool(anonymous)]
                    fn f() {}
                ),
                1,
            ),
            (
                quote!(
                    #[mcp_authz::prompt]
                    #[::mcp_authz::resource]
                    fn f() {}
                ),
                1,
            ),
            (
                quote!(
                    #[other::tool]
                    #[tools]
                    #[tracing::instrument]
                    fn f() {}
                ),
                0,
            ),
        ] {
            assert_eq!(read(&item).1, mistakes, "{item}");
        }
    }

    #[test]
    fn an_opaque_return_type_is_not_repeated() {
        let signature = read(&quote!(
            fn f() -> Result<impl R, E> {}
        ))
        .0;
        assert!(!signature.expect("a signature").is_named);
    }
}
