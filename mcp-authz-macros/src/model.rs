//! An annotated function: arguments and signature together, with every rule checked.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Error, Expr, LitStr, Path};

use crate::args::{Access, Args, Demands, Hints};
use crate::errors::Errors;
use crate::kind::Kind;
use crate::signature::Signature;
use crate::uri::{Uri, Variable};

pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) signature: Signature,
    pub(crate) access: Access,
    pub(crate) demands: Demands,
    pub(crate) name: LitStr,
    pub(crate) title: Option<Expr>,
    /// Else the doc comment.
    pub(crate) description: Option<Expr>,
    pub(crate) hints: Hints,
    /// Of a resource.
    pub(crate) uri: Option<LitStr>,
    /// The parameters that are variables of the URI.
    pub(crate) variables: Vec<Variable>,
    pub(crate) mime_type: Option<LitStr>,
    pub(crate) toolset: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

const WAYS: &str = "add one of\n\
    \n    scopes = [\"profile\", \"email\"]   callers whose token carries these scopes\
    \n    authenticated                   every caller with a valid token\
    \n    anonymous                       everybody, without a token\n";

impl Item {
    pub(crate) fn read(kind: Kind, args: TokenStream, item: &TokenStream) -> Result<Self, Error> {
        let mut errors = Errors::default();
        let args = Args::parse(kind, args, &mut errors);
        let signature = Signature::read(kind, item, &mut errors);
        if !args.names_access() {
            let complaint = format!(
                "this {kind} does not say who may {} it: {WAYS}",
                kind.verb()
            );
            errors.push(Error::new(Span::call_site(), complaint));
        }
        let name = signature.as_ref().map(|signature| name(&args, signature));
        if let Some(complaint) = name
            .as_ref()
            .and_then(|name| complaint(kind, &name.value()))
        {
            errors.at(&name, complaint);
        }
        let uri = uri(kind, &args, &mut errors);
        let variables = match (&uri, &signature) {
            (Some(uri), Some(signature)) => uri.variables(signature, &mut errors),
            _ => Vec::new(),
        };
        if let Some(signature) = &signature {
            check_caller(kind, &args, signature, &mut errors);
            check_once(signature, &mut errors);
            check_arguments(kind, &args, signature, &variables, &mut errors);
        }
        check_braces(kind, &args, uri.as_ref(), &mut errors);
        if let Some(toolset) = args.toolset.as_ref().filter(|name| name.value().is_empty()) {
            errors.at(toolset, "a toolset needs a name");
        }
        errors.finish()?;

        // Each is `None` only next to an error.
        let (Some(signature), Some(name), Some(access)) = (signature, name, args.access) else {
            return Err(Error::new(
                Span::call_site(),
                "this function cannot be read",
            ));
        };
        Ok(Self {
            kind,
            name,
            access,
            demands: args.demands,
            title: args.title,
            description: args.description,
            hints: args.hints,
            uri: args.uri,
            variables,
            mime_type: args.mime_type,
            toolset: args.toolset,
            krate: args.krate,
            signature,
        })
    }
}

impl Item {
    /// The variable of the URI that a parameter is.
    pub(crate) fn variable(&self, parameter: usize) -> Option<&Variable> {
        let mut variables = self.variables.iter();
        variables.find(|variable| variable.parameter == parameter)
    }
}

/// Where a resource is read.
fn uri(kind: Kind, args: &Args, errors: &mut Errors) -> Option<Uri> {
    if kind != Kind::Resource {
        return None;
    }
    if !args.names("uri") {
        let told = "this resource has no URI: add `uri = \"notes://today\"`, or a template, as in \
                    `uri = \"notes://{day}\"`";
        errors.push(Error::new(Span::call_site(), told));
    }
    Some(Uri::read(args.uri.clone()?, errors))
}

/// Somebody without a token has no identity.
fn check_caller(kind: Kind, args: &Args, signature: &Signature, errors: &mut Errors) {
    if !matches!(args.access, Some(Access::Anonymous)) {
        return;
    }
    for caller in signature.parameters.iter().filter(|p| p.is_caller()) {
        errors.at(
            &caller.ty,
            format!(
                "an `anonymous` {kind} also has callers without a token: take `Option<AuthInfo>`"
            ),
        );
    }
}

/// The arguments of a call are one set, with a name for each.
fn check_once(signature: &Signature, errors: &mut Errors) {
    let sets = signature.parameters.iter().filter(|p| p.is_parameters());
    for second in sets.skip(1) {
        errors.at(
            &second.ty,
            "a call has one set of arguments: put all of them into one struct",
        );
    }
    let mut names = Vec::new();
    for (_, argument) in signature.own_arguments() {
        let Some(name) = argument.wire_name() else {
            continue;
        };
        if names.contains(&name) {
            errors.at(
                &argument.ident,
                format!("clients call another argument `{name}` already"),
            );
        }
        names.push(name);
    }
}

/// Scopes by arguments need arguments. A policy may do without: the compiler sees which it is.
fn check_arguments(
    kind: Kind,
    args: &Args,
    signature: &Signature,
    variables: &[Variable],
    errors: &mut Errors,
) {
    let arguments = signature.arguments();
    if kind == Kind::Resource
        && let Some(parameter) = arguments.and_then(|index| signature.parameters.get(index))
    {
        errors.at(
            &parameter.ty,
            "a resource has no arguments: take each variable of its URI as a parameter of that name",
        );
    }
    if arguments.is_some()
        && let Some((_, parameter)) = signature.own_arguments().next()
    {
        errors.at(
            &parameter.ident,
            "a call has one set of arguments: put this one into the struct of `Parameters<T>`, or take each of them like this one",
        );
    }
    let (has_some, how) = match kind {
        Kind::Resource => (!variables.is_empty(), "add variables to its URI"),
        Kind::Tool | Kind::Prompt => (
            arguments.is_some() || signature.has_own_arguments(),
            "take them as `Parameters<T>`, or each as a parameter with a doc comment",
        ),
    };
    if let Some(path) = args.demands.scopes_for.as_ref().filter(|_| !has_some) {
        errors.at(
            path,
            format!("`scopes_for` looks at the arguments, and this {kind} has none: {how}"),
        );
    }
}

/// A scope can name a variable of a resource's own URI: nothing else would fill it in.
fn check_braces(kind: Kind, args: &Args, uri: Option<&Uri>, errors: &mut Errors) {
    let Some(Access::Scopes(scopes)) = &args.access else {
        return;
    };
    let has_brace = |token: &&LitStr| token.value().contains(['{', '}']);
    for token in scopes.literals().into_iter().filter(has_brace) {
        match (kind, uri) {
            (Kind::Resource, Some(uri)) => {
                if let Some(complaint) = uri.complaint_about(&token.value()) {
                    errors.at(token, complaint);
                }
            }
            // Without a URI, that is what is wrong.
            (Kind::Resource, None) => {}
            (Kind::Tool | Kind::Prompt, _) => errors.at(
                token,
                format!("braces stand for a variable of a resource's URI, and a {kind} has none: use `scopes_for`"),
            ),
        }
    }
}

fn name(args: &Args, signature: &Signature) -> LitStr {
    let ident = &signature.ident;
    args.name
        .clone()
        .unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()))
}

/// What is wrong with a name (MCP 2025-11-25, "Tool Names"), if anything.
fn complaint(kind: Kind, name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() {
        return Some(format!("a {kind} needs a name"));
    }
    if kind == Kind::Resource {
        // Clients say its URI.
        return None;
    }
    if let Some(wrong) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!(
            "{name:?} is no name for a {kind} because of {wrong:?}: use `name = \"..\"` with A-Z, \
             a-z, 0-9, `_`, `-` and `.`"
        ));
    }
    // All of them are ASCII here.
    (name.len() > 128).then(|| {
        format!(
            "a {kind}'s name has at most 128 characters, this one has {}",
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
            assert_eq!(complaint(Kind::Tool, name), None, "{name}");
        }
        for name in ["", "a b", "a,b", "a/b", "größe", "a\n", &"x".repeat(129)] {
            assert!(complaint(Kind::Tool, name).is_some(), "{name}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let read = Item::read(
            Kind::Tool,
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
        let tool = Item::read(
            Kind::Tool,
            quote!(anonymous),
            &quote!(
                fn r#type() {}
            ),
        )
        .expect("a tool");
        assert_eq!(tool.name.value(), "type");
    }
}
