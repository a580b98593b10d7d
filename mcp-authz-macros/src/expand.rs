//! A checked function as tokens. Nothing here can fail: one function per emitted fragment.

mod access;
mod arguments;
mod call;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Index, Type};

use crate::args::Hints;
use crate::kind::Kind;
use crate::model::Item;
use crate::paths::Paths;
use crate::signature::{Signature, without_arguments};
use crate::words::Words;

/// The function as written, a type of its name, and the registration.
pub(crate) fn item(item: &Item, written: &TokenStream) -> TokenStream {
    let paths = Paths::new(item.krate.as_ref());
    let hidden_type = hidden_type(&item.signature);
    let written = without_arguments(written);
    let entry = entry(&paths, item);
    quote! {
        // What a call is made of is owned, and as much as the author says.
        #[allow(
            clippy::fn_params_excessive_bools,
            clippy::needless_pass_by_value,
            clippy::too_many_arguments,
        )]
        #written
        #hidden_type
        #entry
    }
}

/// A type shares its name with the function without a clash, even inside a block, where a module
/// could not see the block's items.
fn hidden_type(signature: &Signature) -> TokenStream {
    let Signature {
        cfgs,
        visibility,
        ident,
        ..
    } = signature;
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(
            dead_code,
            non_camel_case_types,
            missing_copy_implementations,
            missing_debug_implementations,
            clippy::empty_enums,
            clippy::exhaustive_enums,
        )]
        #visibility enum #ident {}
    }
}

/// `whoami::tool()`: named after the kind.
fn entry_name(kind: Kind) -> Ident {
    format_ident!("{}", kind.to_string())
}

/// All of it in the one function: where only associated items can stand, the compiler then sees no
/// names that are not there.
fn entry(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { entry, submit, .. } = paths;
    let checks = access::scope_checks(paths, &item.access);
    let argument_checks = arguments::checks(paths, item);
    let input = arguments::input(paths, item);
    let policy = access::policy(paths, item);
    let (spec, part, name) = (
        spec(paths, item),
        part_type(paths, item),
        entry_name(item.kind),
    );
    let Signature {
        cfgs,
        visibility,
        ident,
        ..
    } = &item.signature;
    quote! {
        #(#cfgs)*
        #[allow(dead_code)]
        impl #ident {
            /// What the annotated function declares.
            #visibility const fn #name() -> #entry<#part> {
                #checks
                #argument_checks
                #input
                #policy
                #spec
                #submit! { #entry::new(&__SPEC) }
                #entry::new(&__SPEC)
            }
        }
    }
}

fn spec(paths: &Paths, item: &Item) -> TokenStream {
    let Paths {
        spec,
        origin,
        module_path,
        file,
        line,
        ..
    } = paths;
    let name = &item.name;
    let title = item.title.as_ref().map(|title| said(paths, title));
    let title = optional(paths, title.as_ref());
    let description = description(paths, item);
    let toolset = optional(paths, item.toolset.as_ref());
    let rule = access::rule(paths, item);
    let signature = signature(paths, item);
    let (part_type, part) = (part_type(paths, item), part(paths, item));
    quote! {
        // The author may annotate a deprecated function for as long as it is there.
        #[allow(deprecated)]
        static __SPEC: #spec<#part_type> = #spec {
            name: #name,
            title: #title,
            description: #description,
            toolset: #toolset,
            rule: || #rule,
            signature: #signature,
            origin: #origin::new(#module_path!(), #file!(), #line!()),
            part: #part,
        };
    }
}

fn part_type<'a>(paths: &'a Paths, item: &Item) -> &'a TokenStream {
    match item.kind {
        Kind::Tool => &paths.tool_part,
        Kind::Prompt => &paths.prompt_part,
        Kind::Resource => &paths.resource_part,
    }
}

/// What only its kind has.
fn part(paths: &Paths, item: &Item) -> TokenStream {
    let (part, call) = (part_type(paths, item), call::call(paths, item));
    match item.kind {
        Kind::Tool => {
            let hints = hints(paths, &item.hints);
            let output_schema = output_schema(paths, &item.signature);
            quote!(#part { hints: #hints, output_schema: || #output_schema, call: #call })
        }
        Kind::Prompt => quote!(#part { call: #call }),
        Kind::Resource => {
            let uri = &item.uri;
            let mime_type = optional(paths, item.mime_type.as_ref());
            quote!(#part { uri: #uri, mime_type: #mime_type, call: #call })
        }
    }
}

fn optional(paths: &Paths, text: Option<&impl ToTokens>) -> TokenStream {
    let Paths { some, none, .. } = paths;
    text.map_or_else(|| none.clone(), |text| quote!(#some(#text)))
}

/// What the author says here, or in the doc comment.
fn description(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { concat, .. } = paths;
    let documented = item.signature.description.as_ref();
    let documented = documented.map(|words| match words {
        Words::Text(text) => quote!(#text),
        Words::Parts(parts) => quote!(#concat!(#(#parts, "\n"),*).trim_ascii()),
    });
    let description = item.description.as_ref().map(|text| said(paths, text));
    optional(paths, description.or(documented).as_ref())
}

/// The author's words; of a constant, or from a macro, in a place of their own, where a mistake is one.
fn said(paths: &Paths, text: &Expr) -> TokenStream {
    let Paths { words, .. } = paths;
    match text {
        Expr::Lit(text) => text.to_token_stream(),
        made => quote!({
            const __WORDS: #words = #made;
            __WORDS
        }),
    }
}

fn hints(paths: &Paths, hints: &Hints) -> TokenStream {
    let Paths {
        hints: path,
        some,
        none,
        ..
    } = paths;
    let hint = |said: Option<bool>| said.map_or_else(|| none.clone(), |said| quote!(#some(#said)));
    let read_only = hint(hints.read_only);
    let destructive = hint(hints.destructive);
    let idempotent = hint(hints.idempotent);
    let open_world = hint(hints.open_world);
    quote! {
        #path {
            read_only: #read_only,
            destructive: #destructive,
            idempotent: #idempotent,
            open_world: #open_world,
        }
    }
}

fn signature(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { probe, take, .. } = paths;
    let parameters = item.signature.parameters.iter().enumerate();
    let extractors = parameters.filter(|(index, parameter)| {
        item.variable(*index).is_none() && parameter.argument.is_none()
    });
    let describe = extractors.map(|(_, parameter)| {
        let (ty, ends) = (parameter.ty.to_token_stream(), ends(&parameter.ty));
        let announce = extracted(paths, "announce", &ty, ends, Some(&quote!(__signature)));
        quote!(#announce;)
    });
    let arguments = arguments::all(paths, item).map(|all| {
        quote! {
            use #take as _;
            (&&#all).describe(__signature);
        }
    });
    let describe: TokenStream = arguments.into_iter().chain(describe).collect();
    match describe.is_empty() {
        true => quote!(|_| {}),
        false => quote!(|__signature| {
            #[allow(unused_imports)]
            use #probe as _;
            #describe
        }),
    }
}

/// A call of a function of `Extract`, whose first argument is what a parameter of this type lacks.
fn extracted(
    paths: &Paths,
    function: &str,
    ty: &TokenStream,
    ends: (Span, Span),
    more: Option<&TokenStream>,
) -> TokenStream {
    let Paths {
        extract, parameter, ..
    } = paths;
    let function = along(extract, Some(ty), function, ends);
    let found = found(ends);
    quote! {{
        let __found = ((&&&&&#parameter::<#ty>::new()).probe(),);
        #function(#found, #more)
    }}
}

/// What was found out of a type, where that stands: a field, as it has a first and a last token, and the
/// compiler has no advice about it.
fn found((start, end): (Span, Span)) -> TokenStream {
    let found = Ident::new("__found", start);
    let field = Index {
        index: 0,
        span: end,
    };
    quote_spanned!(end=> #found.#field)
}

fn output_schema(paths: &Paths, signature: &Signature) -> TokenStream {
    let Paths {
        output_schema,
        none,
        ..
    } = paths;
    let ty = &signature.output;
    match signature.is_named {
        true => quote!(#output_schema::<#ty>::new().get()),
        false => none.clone(),
    }
}

/// The place of the author's token, but still generated code to the compiler's lints.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Where a type begins and ends.
fn ends(ty: &Type) -> (Span, Span) {
    let last = ty.to_token_stream().into_iter().last();
    let start = ty.span();
    (at(start), at(last.map_or(start, |last| last.span())))
}

/// The path of a trait's function that is called on what stands from here to there: what is wrong with
/// that is then told in one place.
fn along(
    path: &TokenStream,
    of: Option<&TokenStream>,
    function: &str,
    (start, end): (Span, Span),
) -> TokenStream {
    let placed = |mut token: TokenTree| {
        token.set_span(start);
        token
    };
    let path: TokenStream = path.clone().into_iter().map(placed).collect();
    let of = of.map(|ty| quote_spanned!(start=> ::<#ty>));
    let function = Ident::new(function, end);
    quote_spanned!(start=> #path #of :: #function)
}
