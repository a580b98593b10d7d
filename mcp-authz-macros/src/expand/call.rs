//! The call of the function, as tokens.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{arguments, at};
use crate::kind::Kind;
use crate::model::Item;
use crate::parameter::Parameter;
use crate::paths::Paths;

/// Takes the parameters out of the call, decides on the arguments where that was left open, and runs
/// the function.
pub(super) fn call(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { boxed, .. } = paths;
    let signature = &item.signature;
    let names: Vec<Ident> = (0..signature.parameters.len())
        .map(|index| format_ident!("__parameter_{index}"))
        .collect();
    // Nothing of the author's runs before the decision, which is on the arguments.
    let take = arguments::take(paths, item, &names);
    let parameters = signature.arguments();
    let decided = parameters.and_then(|index| Some((index, names.get(index)?)));
    let decide = decided.map(|(index, name)| {
        let extract = extract(paths, item, index, name);
        let decide = decide(item, name);
        quote!(#extract #decide)
    });
    let own: Vec<usize> = signature.own_arguments().map(|(index, _)| index).collect();
    let others = names.iter().enumerate();
    let others = others.filter(|(index, _)| Some(*index) != parameters && !own.contains(index));
    let extract = others.map(|(index, name)| extract(paths, item, index, name));
    let run = run(paths, item, &names);
    let call = if names.is_empty() {
        quote!(_)
    } else {
        quote!(mut __call)
    };
    quote! {
        |#call| #boxed(async move {
            #take
            #decide
            #(#extract)*
            #run
        })
    }
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

/// On the author's `Parameters<T>`.
fn decide(item: &Item, parameters: &Ident) -> Option<TokenStream> {
    let each = |span| {
        let parameters = placed(parameters, span);
        quote_spanned!(span=> &#parameters.0,)
    };
    let whole = |span| {
        let parameters = placed(parameters, span);
        quote_spanned!(span=> &#parameters)
    };
    arguments::decide(&item.demands, each, whole)
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
    let Paths { returned, turn, .. } = paths;
    let ident = &signature.ident;
    let wait = signature.is_async.then(|| quote!(.await));
    let (start, end) = ends(signature.output.as_ref());
    // What is wrong with the type is told from its first token to its last: those of this call.
    let reply = placed_at(quote!(#reply::reply), start);
    let form = placed(&format_ident!("__form"), start);
    let turned = quote_spanned!(end=> .turn(__returned));
    quote! {
        let __returned = #ident(#(#arguments),*)#wait;
        // The first of several that fits: an error that can merely be shown comes late.
        use #turn as _;
        let __form = &&&&&&#returned::of(&__returned);
        #reply(#form #turned)
    }
}

/// Where a type begins and ends.
fn ends(ty: Option<&Type>) -> (Span, Span) {
    let Some(ty) = ty else {
        return (Span::call_site(), Span::call_site());
    };
    let last = ty.to_token_stream().into_iter().last();
    let start = ty.span();
    (at(start), at(last.map_or(start, |last| last.span())))
}

/// The same tokens, in one place.
fn placed_at(tokens: TokenStream, span: Span) -> TokenStream {
    let placed = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(placed).collect()
}
