//! A checked tool as tokens. Nothing here can fail: one function per emitted fragment.

mod access;
mod call;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitStr, Type};

use crate::args::Hints;
use crate::model::Tool;
use crate::paths::Paths;
use crate::signature::Signature;

/// The function as written, a type of its name, and the registration.
pub(crate) fn tool(tool: &Tool, item: &TokenStream) -> TokenStream {
    let paths = Paths::new(tool.krate.as_ref());
    let Signature { cfgs, ident, .. } = &tool.signature;
    let hidden_type = hidden_type(&tool.signature);
    let checks = access::scope_checks(&paths, &tool.access);
    let entry = entry(&paths, tool);
    let submit = &paths.submit;
    quote! {
        #item
        #hidden_type
        #(#cfgs)*
        // The author may call a deprecated function a tool for as long as it is there.
        #[allow(deprecated)]
        const _: () = {
            #checks
            #entry
            #submit! { #ident::tool() }
        };
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
            non_camel_case_types,
            missing_copy_implementations,
            missing_debug_implementations,
            clippy::empty_enums,
            clippy::exhaustive_enums,
        )]
        #visibility enum #ident {}
    }
}

fn entry(paths: &Paths, tool: &Tool) -> TokenStream {
    let Paths { tool_entry, .. } = paths;
    let spec = spec(paths, tool);
    let Signature {
        visibility, ident, ..
    } = &tool.signature;
    quote! {
        #spec

        impl #ident {
            /// What the annotated function declares.
            #visibility const fn tool() -> #tool_entry {
                #tool_entry::new(&__SPEC)
            }
        }
    }
}

fn spec(paths: &Paths, tool: &Tool) -> TokenStream {
    let Paths {
        spec,
        tool_part,
        origin,
        module_path,
        file,
        line,
        ..
    } = paths;
    let name = &tool.name;
    let title = optional(paths, tool.title.as_ref());
    let description = optional(paths, tool.description.as_ref());
    let toolset = optional(paths, tool.toolset.as_ref());
    let hints = hints(paths, &tool.hints);
    let rule = access::rule(paths, tool);
    let signature = signature(paths, &tool.signature);
    let output_schema = output_schema(paths, tool.signature.output.as_ref());
    let call = call::call(paths, tool);
    quote! {
        static __SPEC: #spec<#tool_part> = #spec {
            name: #name,
            title: #title,
            description: #description,
            toolset: #toolset,
            rule: || #rule,
            signature: #signature,
            origin: #origin::new(#module_path!(), #file!(), #line!()),
            part: #tool_part {
                hints: #hints,
                output_schema: || #output_schema,
                call: #call,
            },
        };
    }
}

fn optional(paths: &Paths, text: Option<&LitStr>) -> TokenStream {
    let Paths { some, none, .. } = paths;
    text.map_or_else(|| none.clone(), |text| quote!(#some(#text)))
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

fn signature(paths: &Paths, signature: &Signature) -> TokenStream {
    let Paths { from_call, .. } = paths;
    if signature.parameters.is_empty() {
        return quote!(|_| {});
    }
    let describe = signature.parameters.iter().map(|parameter| {
        let ty = &parameter.ty;
        let span = at(ty.span());
        let describe = quote_spanned!(span=> <#ty as #from_call>::describe);
        quote!(#describe(__signature);)
    });
    quote!(|__signature| { #(#describe)* })
}

fn output_schema(paths: &Paths, output: Option<&Type>) -> TokenStream {
    let Paths {
        output_schema,
        none,
        ..
    } = paths;
    match output {
        Some(ty) => quote!(#output_schema::<#ty>::new().get()),
        None => none.clone(),
    }
}

/// The place of the author's token, but still generated code to the compiler's lints.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
