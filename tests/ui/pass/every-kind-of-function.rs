#![deny(warnings)]
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::handler::server::tool::IntoCallToolResult;
use mcp_authz::rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use mcp_authz::{AuthInfo, Call, FromCall, Json, Parameters, State, tool};

type Structured<T> = Result<Json<T>, ErrorData>;

struct Database;

struct Own;

impl FromCall for Own {
    fn from_call(_: &mut Call<'_>) -> Result<Self, ErrorData> {
        Ok(Self)
    }
}

#[tool(anonymous)]
fn nothing() {}

#[tool(authenticated)]
fn constant_like() -> String {
    "1".into()
}

#[tool(authenticated)]
async fn everything(
    auth: AuthInfo,
    State(database): State<Database>,
    mut parameters: Parameters<JsonObject>,
    own: Own,
    _: State<&'static str>,
) -> Structured<u8> {
    parameters.0.clear();
    let _: (AuthInfo, std::sync::Arc<Database>, Own) = (auth, database, own);
    Ok(Json(1))
}

#[tool(anonymous)]
fn opaque(_: Option<AuthInfo>) -> impl IntoCallToolResult {
    String::new()
}

#[tool(anonymous)]
async fn opaque_later() -> Result<impl IntoCallToolResult, ErrorData> {
    Ok(ContentBlock::text("x"))
}

#[tool(anonymous)]
async fn whole_result() -> Result<CallToolResult, String> {
    Err("no".into())
}

#[tool(anonymous)]
const fn constant() {}

#[tool(anonymous)]
#[allow(clippy::unused_async)]
#[inline]
async fn with_a_where_clause()
where
    u8: Copy,
{
}

fn main() {
    nothing();
    constant();
    assert_eq!(constant_like(), "1");
    assert_eq!(everything::tool().name(), "everything");
}
