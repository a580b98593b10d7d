//! The attribute macros of mcp-authz. Use them through that crate.

use proc_macro::TokenStream;

/// Declares a function as an MCP tool and says who may call it.
#[proc_macro_attribute]
pub fn tool(_args: TokenStream, item: TokenStream) -> TokenStream {
    item
}
