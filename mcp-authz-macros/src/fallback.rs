//! What is emitted when the attribute is wrong.

use proc_macro2::TokenStream;
use quote::quote;

use crate::signature::without_arguments;

/// The mistakes and the function as written, and nothing else: its callers still compile, so one
/// mistake gives one error, and an editor goes on completing.
pub(crate) fn untouched(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let (item, errors) = (without_arguments(item), error.to_compile_error());
    quote!(#item #errors)
}
