use mcp_authz::resource;

#[resource(authenticated)]
fn nowhere() -> String {
    String::new()
}

#[resource(uri = "today", authenticated)]
fn no_scheme() -> String {
    String::new()
}

#[resource(uri = 1, authenticated)]
fn number() -> String {
    String::new()
}

#[resource(uri = "notes://to day", authenticated)]
fn spaced() -> String {
    String::new()
}

#[resource(uri = "notes://{day", authenticated)]
fn open() -> String {
    String::new()
}

#[resource(uri = "notes://{?day}", authenticated)]
fn query() -> String {
    String::new()
}

#[resource(uri = "notes://{day}/{day}", authenticated)]
fn twice(day: String) -> String {
    day
}

#[resource]
fn nothing() {}

fn main() {}
