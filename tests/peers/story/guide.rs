//! The guide's chapter on third-party agents, followed as a reader does: its commands, as they are written
//! there and in their order, at a tenant that has nothing but people. In the second terminal nothing is set
//! but what the chapter sets there.

use std::collections::BTreeSet;

use mcp_authz::logto::{Management, NewThirdPartyApp, ThirdPartyType};
use support::{Logto, OidcProvider, Person, Result, Tool, free_port, have};

use super::terminal::Terminal;

const CHAPTER: &str = include_str!("../../../mcp-authz/src/guide/third_party_agents.md");

/// How many people have signed up, as in the chapter.
const PEOPLE: usize = 25;

#[tokio::test]
async fn the_guide_leads_from_nothing_at_logto_to_a_mail_in_alice_s_name() -> Result<()> {
    let Some(story) = Story::follow(None).await? else {
        return Ok(());
    };
    let Story { reader, plan, .. } = &story;
    let rows = step(1)?.lines().filter_map(|line| {
        let line = line.strip_prefix("| `+ ")?.split('`').next()?;
        Some(reader.fill(&format!("+ {line}")))
    });
    let rows: Vec<_> = rows.collect();
    for row in &rows {
        let start = row.trim_end_matches('…');
        assert!(
            plan.lines().any(|line| line.starts_with(start)),
            "{row}: {plan}"
        );
    }
    let added = plan.lines().filter(|line| line.starts_with('+'));
    assert_eq!(kinds(added), kinds(rows.iter().map(String::as_str)));

    assert!(story.made.contains("\nmade\n"), "{}", story.made);
    assert!(
        story.made.ends_with("\nnothing is missing\n"),
        "{}",
        story.made
    );
    assert!(
        story
            .listed
            .contains("may ask for email mail:send profile\n")
    );
    for words in [
        "share: profile email\n",
        r#""email":"alice@example.com""#,
        r#""name":"Alice Archer""#,
        // No standard claim: `Issuer::logto` knows it.
        r#""username":"alice""#,
        "share: mail:send\n",
        "send_mail again\n",
        "characters from alice to bob@example.com\n",
    ] {
        assert!(story.told.contains(words), "{words}: {}", story.told);
    }
    let [first, second] = &story.consents[..] else {
        panic!("{:#?}", story.consents);
    };
    assert!(
        first.contains("SmartMail AI") && !first.contains("mail:send"),
        "{first}"
    );
    let words = "mail:send Send a mail in the person's name.";
    assert!(second.contains(words), "{second}");
    Ok(())
}

/// It is the commands that do it: without one, Alice is asked for nothing, or what she allows is withheld.
#[tokio::test]
async fn whoever_leaves_out_a_command_of_the_guide_does_not_get_there() -> Result<()> {
    for (left_out, why, consents) in [
        ("--apply", "the provider refuses: invalid_scope", 0),
        ("LOGTO_AGENTS", "the provider refuses: invalid_scope", 0),
        ("LOGTO_EVERYBODY", "the provider withholds profile email", 1),
    ] {
        let Some(story) = Story::follow(Some(left_out)).await? else {
            return Ok(());
        };
        let told = &story.told;
        assert!(
            told.contains(&format!("{why}: SmartMail AI stops\n")),
            "{left_out}: {told}"
        );
        assert!(!told.contains("alice"), "{left_out}: {told}");
        assert_eq!(story.consents.len(), consents, "{left_out}");
    }
    Ok(())
}

/// What kinds of lines there are: the first two words of each.
fn kinds<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<Vec<&'a str>> {
    let kind = |line: &'a str| line.split_whitespace().take(2).collect();
    lines.map(kind).collect()
}

/// A step of the section on Logto.
fn step(number: usize) -> Result<&'static str> {
    let (_, section) = CHAPTER.split_once("\n# On Logto\n").ok_or("no section")?;
    let (_, step) = section
        .split_once(&format!("\n## {number}. "))
        .ok_or("no such step")?;
    Ok(step.split("\n## ").next().unwrap_or(step))
}

/// The blocks of a step that are for a terminal.
fn blocks<const N: usize>(number: usize) -> Result<[&'static str; N]> {
    let rest = step(number)?.split("```sh\n").skip(1);
    let blocks: Vec<_> = rest.filter_map(|rest| rest.split("```").next()).collect();
    blocks
        .try_into()
        .map_err(|blocks| format!("step {number} has other blocks: {blocks:#?}").into())
}

/// What a reader puts in where the chapter says so, and what they leave out.
struct Reader {
    endpoint: String,
    port: u16,
    app_id: String,
    left_out: Option<&'static str>,
}

impl Reader {
    fn fill(&self, text: &str) -> String {
        let (id, secret) = Logto::APP;
        text.replace("https://tenant.logto.app", &self.endpoint)
            .replace("LOGTO_APP_ID=…", &format!("LOGTO_APP_ID={id}"))
            .replace("LOGTO_APP_SECRET=…", &format!("LOGTO_APP_SECRET={secret}"))
            .replace("<App ID>", &self.app_id)
            .replace(":3001", &format!(":{}", self.port))
    }

    fn commands(&self, block: &str) -> String {
        let is_left_out = |line: &&str| self.left_out.is_some_and(|word| line.contains(word));
        let lines = block.lines().filter(|line| !is_left_out(line));
        lines.map(|line| self.fill(line) + "\n").collect()
    }
}

/// What came of it.
struct Story {
    reader: Reader,
    plan: String,
    made: String,
    listed: String,
    told: String,
    consents: Vec<String>,
}

impl Story {
    /// None where this machine lacks what the tenant needs.
    async fn follow(left_out: Option<&'static str>) -> Result<Option<Self>> {
        if !have(&[Tool::Node]).await {
            return Ok(None);
        }
        let logto = Logto::start().await;
        logto.sign_up_as("alice", "alice");
        logto.edit("alice", &json::json!({ "name": "Alice Archer" }));
        for number in 1..PEOPLE {
            logto.sign_up(&format!("person-{number}"));
        }
        let engine = OidcProvider::of_tenant(&logto, &[]).await?;
        let mut reader = Reader {
            endpoint: engine.issuer.trim_end_matches("/oidc").to_owned(),
            port: free_port()?,
            app_id: String::new(),
            left_out,
        };
        let mut terminal = Terminal::open(reader.port).await?;
        let [look, make] = blocks(1)?;
        let plan = terminal.run(&reader.commands(look)).await?;
        let made = terminal.run(&reader.commands(make)).await?;
        reader.app_id = third_party_app(&logto).await?;
        let [list] = blocks(2)?;
        let listed = terminal.run(&reader.commands(list)).await?;
        let [serve, agent] = blocks(3)?;
        terminal.start(&reader.commands(serve)).await?;
        terminal.until("listens on").await?;

        let mut second = Terminal::open(reader.port).await?;
        second.start(&reader.commands(agent)).await?;
        let (told, consents) = at_the_browser(&mut second).await?;
        Ok(Some(Self {
            reader,
            plan,
            made,
            listed,
            told,
            consents,
        }))
    }
}

/// What step 2 says that the operator does in the console.
async fn third_party_app(logto: &Logto) -> Result<String> {
    let (_, rest) = step(2)?
        .split_once("the redirect URI `")
        .ok_or("no redirect URI")?;
    let redirect = rest.split('`').next().unwrap_or_default();
    let new = NewThirdPartyApp::new("SmartMail AI", ThirdPartyType::Native).redirect_uri(redirect);
    let client = Management::builder(logto.endpoint()).app(Logto::APP.0, Logto::APP.1);
    Ok(client.build()?.create_third_party_app(&new).await?.id)
}

/// Alice opens the links, and allows what she is asked for, until the agent is done.
async fn at_the_browser(agent: &mut Terminal) -> Result<(String, Vec<String>)> {
    let mut alice = Person::named("alice").allowing();
    let mut told = String::new();
    while let Some(line) = agent.line().await? {
        if let Some(link) = line.strip_prefix("  http") {
            let callback = alice.visit(&format!("http{link}")).await?;
            http_client::get(callback).await?;
        }
        told += &(line + "\n");
    }
    Ok((told, alice.consent_pages))
}
