//! The annotated function: everything that the expansion has to know of it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Expr, ExprLit, FnArg, Lit, Meta, Receiver, ReturnType, Safety, Type, Visibility,
    parse_quote,
};

use crate::errors::Errors;
use crate::kind::Kind;
use crate::parameter::{self, Parameter, impl_keyword, is_of_arguments};

pub(crate) struct Signature {
    /// The function's `cfg`s: what is emitted beside it must vanish with it.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) description: Option<String>,
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
                check(kind, &signature, errors);
                Some(Self::new(&attributes, visibility, signature))
            }
            Err(error) => {
                errors.push(syn::Error::new(
                    error.span(),
                    format!("only a function can be a {kind}"),
                ));
                None
            }
        }
    }

    fn new(attributes: &[Attribute], visibility: Visibility, signature: syn::Signature) -> Self {
        let output = output(signature.output);
        let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
        Self {
            cfgs: attributes.iter().filter(is_cfg).cloned().collect(),
            description: description(attributes),
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

fn output(output: ReturnType) -> Type {
    match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => *ty,
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

/// The doc comment as text: without the indentation that all of its lines share.
fn description(attributes: &[Attribute]) -> Option<String> {
    let text: Vec<String> = attributes.iter().filter_map(doc_line).collect();
    let lines: Vec<&str> = text.iter().flat_map(|text| text.split('\n')).collect();
    let indentation = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let plain: Vec<&str> = lines
        .iter()
        .map(|line| line.get(indentation..).unwrap_or_default().trim_end())
        .collect();
    let plain = plain.join("\n");
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    }
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
    fn the_doc_comment_is_the_description() {
        let (signature, _) = read(&quote! {
            /// Sends a mail.
            ///
            /// - now
            ///   - or never
            #[inline]
            fn send() {}
        });
        assert_eq!(
            signature.and_then(|s| s.description).as_deref(),
            Some("Sends a mail.\n\n- now\n  - or never")
        );
        let (signature, _) = read(&quote!(
            #[doc(hidden)]
            #[doc = "  "]
            fn send() {}
        ));
        assert_eq!(signature.and_then(|s| s.description), None);
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
    fn an_opaque_return_type_is_not_repeated() {
        let signature = read(&quote!(
            fn f() -> Result<impl R, E> {}
        ))
        .0;
        assert!(!signature.expect("a signature").is_named);
    }
}
