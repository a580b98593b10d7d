//! Where the person decides: their own browser, or a script that plays them.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::{Person, Result};

const USAGE: &str = "usage: [--user NAME --consent allow|deny]";

/// The user-agent of RFC 6749: it is sent to a page and comes back to the redirect URI.
pub struct UserAgent {
    listener: TcpListener,
    /// None: a person of flesh and blood.
    script: Option<Person>,
}

impl UserAgent {
    /// Reads `--user NAME --consent allow|deny`; without them somebody must open the links.
    pub async fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self> {
        let (mut user, mut consent) = (None, None);
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            match flag.as_str() {
                "--user" => user = args.next(),
                "--consent" => consent = args.next(),
                _ => return Err(USAGE.into()),
            }
        }
        let script = match (user, consent.as_deref()) {
            (None, None) => None,
            (Some(user), Some("allow")) => Some(Person::named(user).allowing()),
            (Some(user), Some("deny")) => Some(Person::named(user).denying()),
            _ => return Err(USAGE.into()),
        };
        Ok(Self {
            listener: TcpListener::bind("127.0.0.1:0").await?,
            script,
        })
    }

    /// Where the person comes back to (RFC 8252 §7.3).
    pub fn redirect_uri(&self) -> String {
        let port = self
            .listener
            .local_addr()
            .map_or(0, |address| address.port());
        format!("http://127.0.0.1:{port}/callback")
    }

    /// Sends the person to `page`; returns the URL at which they come back.
    pub async fn visit(&mut self, page: &str) -> Result<String> {
        match &mut self.script {
            Some(person) => person.visit(page).await,
            None => self.come_back().await,
        }
    }

    async fn come_back(&self) -> Result<String> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            // Browsers ask for icons and open spare connections, too.
            if let Ok(Some(target)) = answer(stream).await {
                return Ok(format!("http://{}{target}", self.listener.local_addr()?));
            }
        }
    }
}

/// Thanks the person, and returns the target of the request if it is the callback.
async fn answer(stream: TcpStream) -> Result<Option<String>> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let text = "You can close this page and go back to the agent.\n";
    let length = text.len();
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    );
    stream.write_all(reply.as_bytes()).await?;
    Ok(target.starts_with("/callback?").then_some(target))
}
