//! What the suite asks of bare servers alone: a client of 2025-11-25 that loses its stream in the
//! middle of a call comes back for the rest, with `Last-Event-ID` and its own token.

use http_client::{Client, Method, RequestBuilder};
use json::{Value, json};
use mcp_authz::SessionLimits;
use support::{Reply, Result, legacy_body};

use crate::place::{Guarded, Replies};
use crate::rules;
use crate::stream::{messages, read};

const SESSION: &str = "mcp-session-id";

/// Somebody with a token.
struct Caller<'a> {
    url: &'a str,
    token: String,
    http: Client,
}

impl<'a> Caller<'a> {
    fn of(guarded: &'a Guarded, person: &str, client: &str) -> Result<Self> {
        Ok(Self {
            url: &guarded.url,
            token: guarded.token(person, client, rules::ALL)?,
            http: Client::builder().no_proxy().build()?,
        })
    }

    fn request(&self, method: Method) -> RequestBuilder {
        self.http
            .request(method, self.url)
            .bearer_auth(&self.token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
    }

    fn post(&self, body: String) -> RequestBuilder {
        let request = self.request(Method::POST);
        request
            .header("content-type", "application/json")
            .body(body)
    }

    async fn open_session(&self) -> Result<String> {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "lab", "version": "1" },
        });
        let reply = Reply::of(self.post(legacy_body("initialize", params))).await;
        let session = reply.header(SESSION).to_owned();
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let request = self.post(ready.to_string()).header(SESSION, &session);
        assert_eq!(Reply::of(request).await.status, 202);
        Ok(session)
    }

    fn resume(&self, session: &str, event: &str) -> RequestBuilder {
        self.request(Method::GET)
            .header(SESSION, session)
            .header("last-event-id", event)
    }
}

/// The id of the first event, once all of it is there.
fn first_event(text: &str) -> Option<&str> {
    let (event, _) = text.split_once("\n\n")?;
    event.lines().find_map(|line| line.strip_prefix("id: "))
}

#[tokio::test]
async fn a_lost_stream_is_resumed_by_its_owner_alone() -> Result<()> {
    let guarded = Guarded::open(Replies::Streams, SessionLimits::new()).await?;
    let alice = Caller::of(&guarded, "alice", "smartmail")?;
    let session = alice.open_session().await?;
    let slow = json!({ "name": "slow_compute", "arguments": { "seconds": 4 } });
    let call = alice.post(legacy_body("tools/call", slow));
    let mut stream = call.header(SESSION, &session).send().await?;
    let beginning = read(&mut stream, |text| first_event(text).is_some()).await?;
    let event = first_event(&beginning).expect("an event").to_owned();
    assert_eq!(messages(&beginning), [] as [Value; 0], "it is not done yet");
    drop(stream);

    let unknown = Reply::of(alice.resume("5f0c6f2e-0000-4000-8000-000000000000", &event)).await;
    assert_eq!(unknown.status, 404);
    for (person, client) in [("bob", "smartmail"), ("alice", "another-agent")] {
        let other = Caller::of(&guarded, person, client)?;
        let reply = Reply::of(other.resume(&session, &event)).await;
        assert_eq!((reply.status, &reply.body), (unknown.status, &unknown.body));
    }

    // A token that was refreshed meanwhile is as good.
    let alice = Caller::of(&guarded, "alice", "smartmail")?;
    let mut stream = alice.resume(&session, &event).send().await?;
    assert_eq!(stream.status(), 200);
    let rest = read(&mut stream, |text| text.contains("\"result\"")).await?;
    let rest = messages(&rest);
    let answer = rest.last().expect("an answer");
    assert_eq!(answer["result"]["content"][0]["text"], "42", "{rest:#?}");
    assert_eq!(guarded.ran.times(), 1, "the call ran once");
    Ok(())
}
