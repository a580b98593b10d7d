//! Who may call, as tokens.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, Index, Type};

use super::{arguments, at};
use crate::args::{Access, Demands};
use crate::kind::Kind;
use crate::model::Item;
use crate::paths::Paths;
use crate::scopes::Scopes;

/// The value of the `Rule` that is declared.
pub(super) fn rule(paths: &Paths, item: &Item) -> TokenStream {
    let Paths {
        rule,
        from,
        duration,
        deferred_scopes,
        known_policy,
        ..
    } = paths;
    let access = declared(paths, &item.access);
    let Demands {
        scopes_for,
        policy,
        max_age,
        acr_values,
        conceal,
    } = &item.demands;
    let max_age = max_age
        .as_ref()
        .map(|age| quote!(.max_age(#duration::from_secs(#age))));
    let acr_values = (!acr_values.is_empty()).then(|| quote!(.acr_values([#(#acr_values),*])));
    let conceal = conceal.then(|| quote!(.conceal()));
    let rule = quote! {
        <#rule as #from<_>>::from(#access) #max_age #acr_values #conceal
    };
    let declared = match item.kind {
        Kind::Resource => of_variables(paths, item, scopes_for.as_ref(), rule),
        Kind::Tool | Kind::Prompt if scopes_for.is_some() => quote!(#deferred_scopes(#rule)),
        Kind::Tool | Kind::Prompt => rule,
    };
    match policy {
        Some(_) => quote!(#known_policy::declare(__policy(), #declared)),
        None => declared,
    }
}

/// The policy, in the one place where the compiler sees what it is over: that decides who asks it, and
/// when.
pub(super) fn policy(paths: &Paths, item: &Item) -> Option<TokenStream> {
    let Paths {
        known_policy,
        policy_over,
        ..
    } = paths;
    let path = item.demands.policy.as_ref()?;
    let arguments = match item.kind {
        Kind::Resource => variables(item),
        Kind::Tool | Kind::Prompt => arguments::asked_about(paths, item),
    };
    let arguments = arguments.unwrap_or_else(|| quote!(()));
    let span = at(path.span());
    let known = quote_spanned!(span=> #policy_over::<#arguments, _>::known(#path));
    Some(quote! {
        fn __policy() -> impl #known_policy<#arguments> {
            #known
        }
    })
}

/// The types of the variables, in the order of the parameters.
fn variables(item: &Item) -> Option<TokenStream> {
    let types: Vec<&Type> = types_of_variables(item).collect();
    (!types.is_empty()).then(|| quote!((#(#types,)*)))
}

fn types_of_variables(item: &Item) -> impl Iterator<Item = &Type> {
    let parameters = &item.signature.parameters;
    let variables = item.variables.iter();
    variables.filter_map(|variable| Some(&parameters.get(variable.parameter)?.ty))
}

/// The gate knows the variables from the URI, and decides on them.
fn of_variables(
    paths: &Paths,
    item: &Item,
    scopes_for: Option<&ExprPath>,
    rule: TokenStream,
) -> TokenStream {
    let Paths {
        with_variables,
        from_variable,
        require_of,
        ..
    } = paths;
    let Some(types) = variables(item) else {
        return rule;
    };
    let names = item.variables.iter().map(|variable| &variable.name);
    let reads = types_of_variables(item).map(|ty| {
        let span = at(ty.span());
        quote_spanned!(span=> <#ty as #from_variable>::is_read)
    });
    let rule = quote!(#with_variables(#rule, &[#((#names, #reads)),*]));
    let Some(path) = scopes_for else {
        return rule;
    };
    let span = at(path.span());
    let fields = (0..).take(item.variables.len()).map(|index| {
        let field = Index { index, span };
        quote_spanned!(span=> &__variables.#field)
    });
    let asked = quote_spanned!(span=> #path(#(#fields,)* __auth));
    quote!(#require_of::<#types>(#rule, |__variables, __auth| #asked))
}

/// The value of the `Access` that is declared.
fn declared(paths: &Paths, declared: &Access) -> TokenStream {
    let Paths { access, .. } = paths;
    match declared {
        Access::Authenticated => quote!(#access::Authenticated),
        Access::Anonymous => quote!(#access::Anonymous),
        Access::Scopes(scopes) => {
            let requirement = requirement(paths, scopes);
            quote!(#access::Scopes(#requirement))
        }
    }
}

fn requirement(paths: &Paths, scopes: &Scopes) -> TokenStream {
    let Paths {
        requirement: path, ..
    } = paths;
    let parts = |parts: &[Scopes]| -> Vec<TokenStream> {
        parts.iter().map(|part| requirement(paths, part)).collect()
    };
    match scopes {
        Scopes::All(all) => {
            let parts = parts(all);
            quote!(#path::all([#(#parts),*]))
        }
        Scopes::Any(any) => {
            let parts = parts(any);
            quote!(#path::any([#(#parts),*]))
        }
        leaf => {
            let scope = scope(paths, leaf);
            quote!(#path::scope(#scope))
        }
    }
}

/// A single scope; nothing for a nested expression.
fn scope(paths: &Paths, leaf: &Scopes) -> Option<TokenStream> {
    let Paths { scope, .. } = paths;
    match leaf {
        Scopes::Literal(token) => Some(quote!(#scope::new(#token))),
        Scopes::Const(constant) => Some(constant.alias.to_token_stream()),
        Scopes::All(_) | Scopes::Any(_) => None,
    }
}

/// What only the compiler knows: that a path names a `const` scope, and that it equals no other of
/// its list.
pub(super) fn scope_checks(paths: &Paths, access: &Access) -> TokenStream {
    let Access::Scopes(scopes) = access else {
        return TokenStream::new();
    };
    let Paths { scope, .. } = paths;
    let aliases = scopes.consts().into_iter().map(|constant| {
        let (alias, path) = (&constant.alias, &constant.path);
        quote!(const #alias: #scope = #path;)
    });
    let differ = lists_differ(paths, scopes);
    quote!(#(#aliases)* #differ)
}

fn lists_differ(paths: &Paths, scopes: &Scopes) -> TokenStream {
    let (Scopes::All(parts) | Scopes::Any(parts)) = scopes else {
        return TokenStream::new();
    };
    let mut checks = TokenStream::new();
    for (index, part) in parts.iter().enumerate() {
        let earlier = parts.iter().take(index);
        // Two literals were compared before.
        let others: Vec<TokenStream> = earlier
            .filter(|other| matches!(part, Scopes::Const(_)) || matches!(other, Scopes::Const(_)))
            .filter_map(|other| scope(paths, other))
            .collect();
        match scope(paths, part) {
            Some(scope) if !others.is_empty() => {
                checks.extend(differs(paths, part, &scope, &others));
            }
            _ => checks.extend(lists_differ(paths, part)),
        }
    }
    checks
}

fn differs(
    paths: &Paths,
    leaf: &Scopes,
    scope: &TokenStream,
    others: &[TokenStream],
) -> TokenStream {
    let Paths {
        differs,
        scope: path,
        ..
    } = paths;
    let assert = assert_at(
        paths,
        leaf,
        &quote!(#differs(__THIS, __OTHERS), "this scope is in the list already"),
    );
    // Scopes have a destructor, so that only the value of a `const` may borrow one.
    quote! {
        const _: () = {
            const __THIS: &#path = &#scope;
            const __OTHERS: &[&#path] = &[#(&#others),*];
            #assert
        };
    }
}

/// An assertion that stands where the scope stands, from its first token to its last. Not as
/// generated code there: the compiler reports a panic at the outermost expansion, which is the
/// whole attribute.
fn assert_at(paths: &Paths, leaf: &Scopes, condition: &TokenStream) -> TokenStream {
    let tokens = match leaf {
        Scopes::Literal(token) => token.to_token_stream(),
        Scopes::Const(constant) => constant.path.to_token_stream(),
        Scopes::All(_) | Scopes::Any(_) => TokenStream::new(),
    };
    let start = tokens.span();
    let end = tokens.into_iter().last().map_or(start, |last| last.span());
    let assert = paths.assert.clone().into_iter().map(|mut token| {
        token.set_span(start);
        token
    });
    let condition = quote_spanned!(end=> (#condition));
    quote_spanned!(start=> #(#assert)*! #condition;)
}
