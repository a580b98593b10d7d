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
    into: Into,
    line: line,
    module_path: module_path,
    none: None,
    origin: Origin,
    output_schema: OutputSchema,
    parameters: Parameters,
    policy_over: PolicyOver,
    prompt_part: PromptPart,
    prompt_reply: PromptReply,
    reply: Reply,
    require_of: require_of,
    requirement: Requirement,
    resource_part: ResourcePart,
    resource_reply: ResourceReply,
    returned: Returned,
    rule: Rule,
    schemars: schemars,
    scope: Scope,
    serde: serde,
    some: Some,
    spec: Spec,
    submit: inventory::submit,
    taken: Taken,
    tool_part: ToolPart,
    turn: Turn,
    with_variables: with_variables,
}
