//! What an annotated function declares, as the server will read it.

use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::handler::server::tool::IntoCallToolResult;
use mcp_authz::{Json, ToolEntry, tool};

type Structured = Result<Json<u8>, ErrorData>;

/// Adds one.
///
/// - to one
///   - or to two
#[tool(scopes = ["math"], title = "Add", read_only, destructive = false)]
async fn add() -> Structured {
    Ok(Json(2))
}

/// Not what a client reads.
#[tool(authenticated, name = "tools.text", description = "Says nothing.")]
fn text() -> String {
    String::new()
}

#[tool(authenticated)]
fn opaque() -> impl IntoCallToolResult {}

fn has_schema(tool: ToolEntry) -> bool {
    (tool.spec().part.output_schema)().is_some()
}

#[test]
fn the_description_is_the_doc_comment_unless_one_is_given() {
    let [add, text, opaque] =
        [add::tool(), text::tool(), opaque::tool()].map(|tool| tool.spec().description);
    assert_eq!(add, Some("Adds one.\n\n- to one\n  - or to two"));
    assert_eq!(text, Some("Says nothing."));
    assert_eq!(opaque, None);
}

#[test]
fn what_is_not_said_stays_unsaid() {
    let add = add::tool().spec();
    assert_eq!((add.name, add.title), ("add", Some("Add")));
    assert_eq!(add.part.hints.read_only, Some(true));
    assert_eq!(add.part.hints.destructive, Some(false));
    assert_eq!(
        (add.part.hints.idempotent, add.part.hints.open_world),
        (None, None)
    );
    let text = text::tool().spec();
    assert_eq!((text.name, text.title), ("tools.text", None));
}

#[test]
fn structured_output_is_found_through_an_alias() {
    assert!(has_schema(add::tool()));
    assert!(!has_schema(text::tool()));
    assert!(!has_schema(opaque::tool()));
}

#[test]
fn a_declaration_knows_where_it_stands() {
    let origin = add::tool().spec().origin;
    assert_eq!(origin.crate_name, "declaration");
    assert!(origin.file.ends_with("declaration.rs"), "{}", origin.file);
    assert_eq!(origin.line, 13);
}
