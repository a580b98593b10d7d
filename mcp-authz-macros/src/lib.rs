//! The attribute macros of mcp-authz. Use them through that crate, where they are documented.

use proc_macro::TokenStream;

// In the order in which an annotated function passes through them.
mod args;
mod values;
mod scopes;
mod signature;
mod model;
mod paths;
mod expand;
mod fallback;
mod errors;

#[expect(missing_docs, reason = "its examples compile where it is re-exported")]
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let (args, item) = (args.into(), item.into());
    match model::Tool::read(args, &item) {
        Ok(tool) => expand::tool(&tool, &item),
        Err(error) => fallback::untouched(&error, &item),
    }
    .into()
}
