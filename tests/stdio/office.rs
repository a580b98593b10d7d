//! The office of `tests/protect` on standard input and output: the child of `tests/stdio_office.rs`.

#[path = "../protect/office.rs"]
#[expect(dead_code, reason = "the tests over HTTP use more of it")]
mod office;

use std::env;
use std::io::{Write as _, stderr};
use std::process::Command;

use mcp_authz::{AuthInfo, Authz, ScopeSet, StdioCaller};
use office::Office;
use support::Ran;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut authz = Authz::new();
    if let (Ok(issuer), Ok(resource)) = (env::var("ISSUER"), env::var("RESOURCE")) {
        authz = authz.issuer(issuer).resource(resource);
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (caller, inherited) = match arguments[..] {
        ["--me", scopes] => {
            let me = AuthInfo::builder("this machine").subject("me");
            let me = me.scopes(ScopeSet::parse(scopes)).build();
            (StdioCaller::principal(me), None)
        }
        ["--fd", number] => (StdioCaller::descriptor(number.parse()?), Some(number)),
        _ => return Err("say who calls: --me SCOPES or --fd NUMBER".into()),
    };
    let ran = Ran::default();
    let protected = authz.protect(Office::new(ran.clone()), office::rules());
    protected.serve_stdio(caller).await?;
    writeln!(stderr(), "ran {} times", ran.times())?;
    if let Some(number) = inherited {
        let read = format!("cat <&{number} && cat /dev/fd/{number}");
        let child = Command::new("sh").args(["-c", &read]).output()?;
        let (status, read) = (child.status, String::from_utf8_lossy(&child.stdout));
        writeln!(stderr(), "a child read {read:?}, {status}")?;
    }
    Ok(())
}
