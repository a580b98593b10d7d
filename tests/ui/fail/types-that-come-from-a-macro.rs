#![allow(unused_variables)]

use mcp_authz::{AuthInfo, tool};

macro_rules! with {
    ($name:ident, $ty:ty) => {
        #[tool(authenticated)]
        fn $name(value: $ty) {}
    };
}

macro_rules! with_an_argument {
    ($name:ident, $ty:ty) => {
        #[tool(authenticated)]
        fn $name(#[arg] value: $ty) {}
    };
}

with!(borrowed_caller, &AuthInfo);
with!(opaque, impl Copy);
with_an_argument!(borrowed, &str);
with_an_argument!(given, (AuthInfo, u8));

fn main() {}
