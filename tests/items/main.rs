//! Annotated functions of every kind, as clients of both revisions meet them.

mod arguments;
mod client;
mod concealed;
mod first_party;
mod hanging_up;
mod lent_text;
mod mistakes;
mod own_arguments;
mod policies;
mod prompts;
mod resources;
mod rounds;
mod sign_in;
mod startup;
mod tasks;
mod templates;
mod toolsets;
mod words;
