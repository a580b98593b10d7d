//! A tool: arguments and signature together, with every rule checked.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Error, LitStr, Path};

use crate::args::{Access, Args, Demands, Hints};
use crate::errors::Errors;
use crate::signature::Signature;

pub(crate) struct Tool {
    pub(crate) signature: Signature,
    pub(crate) access: Access,
    pub(crate) demands: Demands,
    pub(crate) name: LitStr,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) hints: Hints,
    pub(crate) toolset: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

const NO_ACCESS: &str = "this tool does not say who may call it: add one of\n\
    \n    scopes = [\"profile\", \"email\"]   callers whose token carries these scopes\
    \n    authenticated                   every caller with a valid token\
    \n    anonymous                       everybody, without a token\n";

impl Tool {
    pub(crate) fn read(args: TokenStream, item: &TokenStream) -> Result<Self, Error> {
        let mut errors = Errors::default();
        let args = Args::parse(args, &mut errors);
        let signature = Signature::read(item, &mut errors);
        if !args.names_access() {
            errors.push(Error::new(Span::call_site(), NO_ACCESS));
        }
        let name = signature.as_ref().map(|signature| name(&args, signature));
        if let Some(complaint) = name.as_ref().and_then(|name| complaint(&name.value())) {
            errors.at(&name, complaint);
        }
        if let Some(signature) = &signature {
            check_arguments(&args, signature, &mut errors);
        }
        check_braces(&args, &mut errors);
        if let Some(toolset) = args.toolset.as_ref().filter(|name| name.value().is_empty()) {
            errors.at(toolset, "a toolset needs a name");
        }
        errors.finish()?;

        // Each is `None` only next to an error.
        let (Some(signature), Some(name), Some(access)) = (signature, name, args.access) else {
            return Err(Error::new(Span::call_site(), "this tool cannot be read"));
        };
        Ok(Self {
            name,
            access,
            demands: args.demands,
            title: args.title,
            description: args.description.or_else(|| documented(&signature)),
            hints: args.hints,
            toolset: args.toolset,
            krate: args.krate,
            signature,
        })
    }
}

/// Scopes by arguments need arguments. A policy may do without: the compiler sees which it is.
fn check_arguments(args: &Args, signature: &Signature, errors: &mut Errors) {
    if let Some(path) = &args.demands.scopes_for
        && signature.arguments().is_none()
    {
        errors.at(
            path,
            "`scopes_for` looks at the arguments, and this tool has none: take them as `Parameters<T>`",
        );
    }
}

/// A scope with a variable in it is a resource's: nothing would fill it in here.
fn check_braces(args: &Args, errors: &mut Errors) {
    let Some(Access::Scopes(scopes)) = &args.access else {
        return;
    };
    let has_brace = |token: &&LitStr| token.value().contains(['{', '}']);
    for token in scopes.literals().into_iter().filter(has_brace) {
        errors.at(
            token,
            "braces stand for a variable of a resource's URI, and a tool has none: use `scopes_for`",
        );
    }
}

fn name(args: &Args, signature: &Signature) -> LitStr {
    let ident = &signature.ident;
    args.name
        .clone()
        .unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()))
}

fn documented(signature: &Signature) -> Option<LitStr> {
    let text = signature.description.as_deref()?;
    Some(LitStr::new(text, Span::call_site()))
}

/// What is wrong with a tool's name (MCP 2025-11-25, "Tool Names"), if anything.
fn complaint(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() {
        return Some("a tool needs a name".to_owned());
    }
    if let Some(wrong) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!(
            "{name:?} is no name for a tool because of {wrong:?}: use `name = \"..\"` with A-Z, \
             a-z, 0-9, `_`, `-` and `.`"
        ));
    }
    // All of them are ASCII here.
    (name.len() > 128).then(|| {
        format!(
            "a tool's name has at most 128 characters, this one has {}",
            name.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn the_grammar_of_names_is_that_of_mcp() {
        for name in [
            "a",
            "getUser",
            "DATA_EXPORT_v2",
            "admin.tools-list",
            &"x".repeat(128),
        ] {
            assert_eq!(complaint(name), None, "{name}");
        }
        for name in ["", "a b", "a,b", "a/b", "größe", "a\n", &"x".repeat(129)] {
            assert!(complaint(name).is_some(), "{name}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let read = Tool::read(
            quote!(name = "a b", title = 1, hue),
            &quote!(
                fn f<T>(&self) {}
            ),
        );
        let errors = read.err().map_or(0, |error| error.into_iter().count());
        assert_eq!(errors, 6);
    }

    #[test]
    fn the_name_is_that_of_the_function() {
        let tool = Tool::read(
            quote!(anonymous),
            &quote!(
                fn r#type() {}
            ),
        )
        .expect("a tool");
        assert_eq!(tool.name.value(), "type");
    }
}
