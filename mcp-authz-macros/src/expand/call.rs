//! The call of the function, as tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::at;
use crate::args::Demands;
use crate::kind::Kind;
use crate::model::Item;
use crate::paths::Paths;
use crate::signature::Parameter;

/// Takes the parameters out of the call, decides on the arguments where that was left open, and runs
/// the function.
pub(super) fn call(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { boxed, .. } = paths;
    let signature = &item.signature;
    let names: Vec<Ident> = (0..signature.parameters.len())
        .map(|index| format_ident!("__parameter_{index}"))
        .collect();
    let extract = |(index, name): (usize, &Ident)| extract(paths, item, index, name);
    // Nothing of the author's runs before the decision.
    let first = decides(item).and_then(|index| Some((index, names.get(index)?)));
    let decide = first.map(|(index, name)| {
        let extract = extract((index, name));
        let decide = decide(&item.demands, name);
        quote!(#extract #decide)
    });
    let others = names.iter().enumerate();
    let others = others.filter(|(index, _)| first.is_none_or(|(first, _)| first != *index));
    let extract = others.map(extract);
    let run = run(paths, item, &names);
    let call = if names.is_empty() {
        quote!(_)
    } else {
        quote!(mut __call)
    };
    quote! {
        |#call| #boxed(async move {
            #decide
            #(#extract)*
            #run
        })
    }
}

/// The parameter with the arguments, if anything is decided on them.
fn decides(item: &Item) -> Option<usize> {
    let Demands {
        scopes_for, policy, ..
    } = &item.demands;
    let is_asked = scopes_for.is_some() || policy.is_some();
    is_asked.then(|| item.signature.arguments())?
}

fn extract(paths: &Paths, item: &Item, index: usize, name: &Ident) -> TokenStream {
    let Paths { from_call, .. } = paths;
    let Some(Parameter { ty, .. }) = item.signature.parameters.get(index) else {
        return TokenStream::new();
    };
    let span = at(ty.span());
    if let Some(variable) = item.variable(index) {
        let variable = &variable.name;
        let read = quote_spanned!(span=> __call.variable::<#ty>(#variable)?);
        return quote!(let #name = #read;);
    }
    let from_call = quote_spanned!(span=> <#ty as #from_call>::from_call);
    quote!(let #name = #from_call(&mut __call)?;)
}

fn decide(demands: &Demands, arguments: &Ident) -> TokenStream {
    let require = demands.scopes_for.as_ref().map(|path| {
        let span = at(path.span());
        let arguments = placed(arguments, span);
        let asked = quote_spanned!(span=> #path(&#arguments.0, __auth));
        quote!(__call.require(|__auth| #asked)?;)
    });
    let ask = demands.policy.as_ref().map(|path| {
        let span = at(path.span());
        let arguments = placed(arguments, span);
        quote_spanned!(span=> __call.ask(&#arguments, #path).await?;)
    });
    quote!(#require #ask __call.allow()?;)
}

/// The same name where the author's function stands, so that a mistake in it is told there.
fn placed(name: &Ident, span: Span) -> Ident {
    Ident::new(&name.to_string(), span)
}

fn run(paths: &Paths, item: &Item, arguments: &[Ident]) -> TokenStream {
    let signature = &item.signature;
    let reply = match item.kind {
        Kind::Tool => &paths.reply,
        Kind::Prompt => &paths.prompt_reply,
        Kind::Resource => &paths.resource_reply,
    };
    let ident = &signature.ident;
    let wait = signature.is_async.then(|| quote!(.await));
    let reply = match &signature.output {
        Some(ty) => {
            let span = at(ty.span());
            quote_spanned!(span=> <#ty as #reply>::reply)
        }
        None => quote!(#reply::reply),
    };
    quote!(#reply(#ident(#(#arguments),*)#wait))
}
