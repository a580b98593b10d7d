//! The arguments of a call, as tokens: the author's `Parameters<T>`, or a struct of the parameters that
//! are arguments in their own right.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, LitStr};

use super::at;
use crate::args::Demands;
use crate::model::Item;
use crate::paths::Paths;

/// The input struct, in the author's scope but for its own names.
pub(super) fn input(paths: &Paths, item: &Item) -> Option<TokenStream> {
    all(paths, item)?;
    let Paths {
        serde,
        schemars,
        into,
        ..
    } = paths;
    let fields = item.signature.own_arguments().map(|(_, argument)| {
        let (attributes, field, ty) = (
            argument.argument.iter().flatten(),
            argument.field(),
            &argument.ty,
        );
        quote!(#(#attributes)* #field: #ty,)
    });
    let name = LitStr::new(&item.name.value(), item.name.span());
    Some(quote! {
        use #serde as __serde;
        use #schemars as __schemars;
        // What schemars derives calls its method by the name alone.
        #[allow(unused_imports)]
        use #into as _;

        #[derive(__serde::Deserialize, __schemars::JsonSchema)]
        #[serde(crate = "__serde")]
        #[schemars(crate = "__schemars", rename = #name)]
        #[allow(clippy::struct_excessive_bools, clippy::struct_field_names)]
        struct __Arguments {
            #(#fields)*
        }
    })
}

/// The extractor of that struct; `None` where there is none.
pub(super) fn all(paths: &Paths, item: &Item) -> Option<TokenStream> {
    let Paths { parameters, .. } = paths;
    let has_some = item.signature.has_own_arguments();
    has_some.then(|| quote!(#parameters<__Arguments>))
}

/// The type that a policy over the arguments sees; `None` where there are none.
pub(super) fn asked_about(paths: &Paths, item: &Item) -> Option<TokenStream> {
    let Paths { taken, .. } = paths;
    let signature = &item.signature;
    if signature.has_own_arguments() {
        let types = signature.own_arguments().map(|(_, argument)| &argument.ty);
        return Some(quote!(#taken<(#(#types,)*)>));
    }
    let parameters = signature.parameters.get(signature.arguments()?)?;
    Some(parameters.ty.to_token_stream())
}

/// Takes the struct out of the call, decides, and gives each argument its parameter's name.
pub(super) fn take(paths: &Paths, item: &Item, names: &[Ident]) -> Option<TokenStream> {
    let all = all(paths, item)?;
    let Paths {
        from_call, taken, ..
    } = paths;
    let arguments = || item.signature.own_arguments();
    let fields = arguments().map(|(_, argument)| argument.field());
    let names = arguments().filter_map(|(index, _)| names.get(index));
    let each = |span| {
        let fields = (0..).take(arguments().count()).map(|index| {
            let field = Index { index, span };
            quote_spanned!(span=> &__taken.0.#field)
        });
        quote!(#(#fields,)*)
    };
    let decide = decide(&item.demands, each, |span| quote_spanned!(span=> &__taken));
    Some(quote! {
        let __arguments = <#all as #from_call>::from_call(&mut __call)?.0;
        let __taken = #taken((#(__arguments.#fields,)*));
        #decide
        let #taken((#(#names,)*)) = __taken;
    })
}

/// What is asked of the caller once the arguments are known, and the word that the gate left open.
/// `each` is what the requirement sees of the arguments, `whole` what a policy is about.
pub(super) fn decide(
    demands: &Demands,
    each: impl Fn(Span) -> TokenStream,
    whole: impl Fn(Span) -> TokenStream,
) -> Option<TokenStream> {
    let require = demands.scopes_for.as_ref().map(|path| {
        let span = at(path.span());
        let each = each(span);
        let asked = quote_spanned!(span=> #path(#each __auth));
        quote!(__call.require(|__auth| #asked)?;)
    });
    let ask = demands.policy.as_ref().map(|path| {
        let span = at(path.span());
        let whole = whole(span);
        quote_spanned!(span=> __call.ask(#whole, #path).await?;)
    });
    let is_asked = require.is_some() || ask.is_some();
    is_asked.then(|| quote!(#require #ask __call.allow()?;))
}
