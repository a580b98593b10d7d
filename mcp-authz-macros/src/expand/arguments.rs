//! The arguments of a call, as tokens: the author's `Parameters<T>`, or a struct of the parameters that
//! are arguments in their own right.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, LitStr};

use super::{at, ends, extracted};
use crate::args::Demands;
use crate::model::Item;
use crate::parameter::Parameter;
use crate::paths::Paths;

/// The input struct, in the author's scope but for its own names. It is generic over what its fields
/// are, so that a type which no client can send is told of once, and not in each thing that is derived.
pub(super) fn input(paths: &Paths, item: &Item) -> Option<TokenStream> {
    if !item.signature.has_own_arguments() {
        return None;
    }
    let Paths {
        serde,
        schemars,
        into,
        ..
    } = paths;
    let fields = item.signature.own_arguments().map(|(index, argument)| {
        let (attributes, field) = (argument.argument.iter().flatten(), argument.field());
        let ty = match argument.is_plain() {
            true => standing_for(index).to_token_stream(),
            false => argument.ty.to_token_stream(),
        };
        quote!(#(#attributes)* #field: #ty,)
    });
    let types = plain(item).map(|(index, _)| standing_for(index));
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
        #[allow(deprecated, clippy::struct_excessive_bools, clippy::struct_field_names)]
        struct __Arguments<#(#types),*> {
            #(#fields)*
        }
    })
}

fn plain(item: &Item) -> impl Iterator<Item = (usize, &Parameter)> {
    let arguments = item.signature.own_arguments();
    arguments.filter(|(_, argument)| argument.is_plain())
}

/// The type parameter for a parameter of the function.
fn standing_for(index: usize) -> Ident {
    format_ident!("__Type{index}")
}

/// That clients can send them, checked before anything is derived for them.
pub(super) fn checks(paths: &Paths, item: &Item) -> Option<TokenStream> {
    let Paths {
        parameters, probe, ..
    } = paths;
    let arguments = item.signature.own_arguments();
    let all: TokenStream = arguments
        .filter(|(_, argument)| argument.is_of_its_type())
        .map(|(_, Parameter { ty, .. })| {
            let check = extracted(paths, "check", &quote!(#parameters<#ty>), ends(ty), None);
            quote!(#check;)
        })
        .collect();
    (!all.is_empty()).then(|| {
        quote! {
            const _: fn() = || {
                use #probe as _;
                #all
            };
        }
    })
}

/// The extractor of that struct; `None` where there is none.
pub(super) fn all(paths: &Paths, item: &Item) -> Option<TokenStream> {
    let Paths { arguments, .. } = paths;
    let types = plain(item).map(|(_, argument)| &argument.ty);
    let has_some = item.signature.has_own_arguments();
    has_some.then(|| quote!(#arguments::<__Arguments<#(#types),*>>::new()))
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
    let Paths { take, taken, .. } = paths;
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
        use #take as _;
        let __arguments = (&&#all).take(&mut __call)?;
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
        quote_spanned!(span=> __call.ask(#whole, __policy()).await?;)
    });
    let is_asked = require.is_some() || ask.is_some();
    is_asked.then(|| quote!(#require #ask __call.allow()?;))
}
