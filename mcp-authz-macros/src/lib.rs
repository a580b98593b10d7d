//! The attribute macros of mcp-authz. Use them through that crate, where they are documented.

use proc_macro::TokenStream;

use kind::Kind;

// In the order in which an annotated function passes through them.
mod kind;
mod near;
mod args;
mod values;
mod scopes;
mod above;
mod parameter;
mod words;
mod signature;
mod uri;
mod model;
mod paths;
mod expand;
mod fallback;
mod errors;

#[expect(missing_docs, reason = "its examples compile where it is re-exported")]
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Tool, args, item)
}

#[expect(missing_docs, reason = "its examples compile where it is re-exported")]
#[proc_macro_attribute]
pub fn prompt(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Prompt, args, item)
}

#[expect(missing_docs, reason = "its examples compile where it is re-exported")]
#[proc_macro_attribute]
pub fn resource(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Resource, args, item)
}

fn expand(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let (args, item) = (args.into(), item.into());
    match model::Item::read(kind, args, &item) {
        Ok(model) => expand::item(&model, &item),
        Err(error) => fallback::untouched(&error, &item),
    }
    .into()
}
