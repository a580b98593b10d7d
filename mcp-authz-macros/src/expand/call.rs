//! The call of the function, as tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{along, arguments, at, ends, extracted, found};
use crate::kind::Kind;
use crate::model::Item;
use crate::parameter::Parameter;
use crate::paths::Paths;

/// Takes the parameters out of the call, decides on the arguments where that was left open, and runs
/// the function.
pub(super) fn call(paths: &Paths, item: &Item) -> TokenStream {
    let Paths { boxed, probe, .. } = paths;
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
            #[allow(unused_imports)]
            use #probe as _;
            #take
            #decide
            #(#extract)*
            #run
        })
    }
}

fn extract(paths: &Paths, item: &Item, index: usize, name: &Ident) -> TokenStream {
    let Some(Parameter { ty, .. }) = item.signature.parameters.get(index) else {
        return TokenStream::new();
    };
    if let Some(variable) = item.variable(index) {
        let (variable, span) = (&variable.name, at(ty.span()));
        let read = quote_spanned!(span=> __call.variable::<#ty>(#variable)?);
        return quote!(let #name = #read;);
    }
    let (ty, ends) = (ty.to_token_stream(), ends(ty));
    let extract = extracted(paths, "extract", &ty, ends, Some(&quote!(&mut __call)));
    quote!(let #name = #extract?;)
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
    let Paths { returned, turn, .. } = paths;
    let ident = &signature.ident;
    let wait = signature.is_async.then(|| quote!(.await));
    let (start, end) = ends(&signature.output);
    // What is wrong with the type is told from its first token to its last: those of this call.
    let form = placed(&format_ident!("__form"), start);
    let turned = quote_spanned!(end=> .turn(__returned));
    let reply = |path: &TokenStream| along(path, None, "reply", (start, end));
    let sent = match item.kind {
        Kind::Tool => send(paths, &quote!(#form #turned), (start, end)),
        Kind::Prompt => {
            let reply = reply(&paths.prompt_reply);
            quote!(#reply(#form #turned))
        }
        Kind::Resource => {
            let reply = reply(&paths.resource_reply);
            quote!(#reply(#form #turned))
        }
    };
    quote! {
        let __returned = #ident(#(#arguments),*)#wait;
        // The first of several that fits: an error that can merely be shown comes late.
        use #turn as _;
        let __form = &&&&&&#returned::of(&__returned);
        #sent
    }
}

/// Of a tool: what cannot be sent is found out before, and why.
fn send(paths: &Paths, turned: &TokenStream, ends: (Span, Span)) -> TokenStream {
    let Paths {
        explain,
        judge,
        outcome,
        reply,
        ..
    } = paths;
    let (reply, found) = (along(reply, None, "reply", ends), found(ends));
    quote! {
        use {#explain as _, #judge as _};
        let __turned = #turned;
        let __judged = (&&&&&&&#outcome::of(&__turned)).judge();
        let __found = ((&&&&&&&&__judged).explain(),);
        #reply(#found, __turned)
    }
}
