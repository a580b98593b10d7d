use mcp_authz::tool;

#[tool(anonymous, name = "")]
fn empty() {}

#[tool(anonymous, name = "send mail")]
fn space() {}

#[tool(anonymous, name = "mail/send")]
fn slash() {}

#[tool(
    anonymous,
    name = "a_name_of_one_hundred_and_twenty_nine_characters_is_one_too_long_for_a_tool_although_nobody_would_ever_want_to_read_it_in_a_list."
)]
fn long() {}

#[tool(anonymous)]
fn größe() {}

fn main() {}
