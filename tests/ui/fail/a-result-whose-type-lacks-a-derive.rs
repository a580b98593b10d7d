use mcp_authz::{Json, schemars, serde, tool};

struct Neither;

#[derive(serde::Serialize)]
#[serde(crate = "mcp_authz::serde")]
struct Undescribed;

#[derive(schemars::JsonSchema)]
#[schemars(crate = "mcp_authz::schemars")]
struct Unwritten;

type Reply<T> = Result<Json<T>, std::fmt::Error>;

#[tool(anonymous)]
fn neither() -> Json<Neither> {
    Json(Neither)
}

#[tool(anonymous)]
async fn undescribed() -> Json<Undescribed> {
    Json(Undescribed)
}

#[tool(anonymous)]
fn unwritten() -> Reply<Unwritten> {
    Ok(Json(Unwritten))
}

fn main() {}
