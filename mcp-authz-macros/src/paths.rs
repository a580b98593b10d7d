//! The one table of what expansions name, so that a rename is seen here first.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

macro_rules! table {
    ($($field:ident: $($segment:ident)::+,)+) => {
        pub(crate) struct Paths {
            $(pub(crate) $field: TokenStream,)+
        }

        impl Paths {
            /// `krate` is the author's `crate = ..`.
            pub(crate) fn new(krate: Option<&Path>) -> Self {
                let krate = krate.map_or_else(|| quote!(::mcp_authz), |path| quote!(#path));
                Self { $($field: quote!(#krate::__private::$($segment)::+),)+ }
            }
        }
    };
}

table! {
    access: Access,
    assert: assert,
    boxed: boxed,
    deferred_scopes: deferred_scopes,
    differs: differs,
    duration: Duration,
    entry: Entry,
    file: file,
    from: From,
    from_call: FromCall,
    from_variable: FromVariable,
    hints: Hints,
    line: line,
    module_path: module_path,
    none: None,
    origin: Origin,
    output_schema: OutputSchema,
    policy_over: PolicyOver,
    prompt_part: PromptPart,
    prompt_reply: PromptReply,
    reply: Reply,
    require_of: require_of,
    requirement: Requirement,
    resource_part: ResourcePart,
    resource_reply: ResourceReply,
    rule: Rule,
    scope: Scope,
    some: Some,
    spec: Spec,
    submit: inventory::submit,
    tool_part: ToolPart,
    with_variables: with_variables,
}
