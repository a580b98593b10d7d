use mcp_authz::tool;

struct Mail;

impl Mail {
    #[tool(anonymous)]
    fn by_reference(&self) {}

    #[tool(anonymous)]
    fn by_value(self) {}
}

fn main() {
    // The methods are still there.
    Mail.by_reference();
    Mail.by_value();
}
