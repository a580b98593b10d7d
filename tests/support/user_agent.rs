//! Where the person decides: their own browser, or a script that plays them.

use http_client::Url;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use crate::{Person, Result};

const USAGE: &str = "usage: [--user NAME --consent allow|deny] [--stay]";

/// The user-agent of RFC 6749: it is sent to a page and comes back to the redirect URI.
pub struct UserAgent {
    stays: bool,
    redirect_uri: Url,
    listener: TcpListener,
    /// None: a person of flesh and blood.
    script: Option<Person>,
}

impl UserAgent {
    /// Reads `--user NAME --consent allow|deny`; without them somebody must open the links. Listens
    /// where `redirect_uri` leads to, or at a free port (RFC 8252 §7.3).
    pub async fn new(
        args: impl IntoIterator<Item = String>,
        redirect_uri: Option<String>,
    ) -> Result<Self> {
        let (mut user, mut consent, mut stays) = (None, None, false);
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            match flag.as_str() {
                "--user" => user = args.next(),
                "--consent" => consent = args.next(),
                "--stay" => stays = true,
                _ => return Err(USAGE.into()),
            }
        }
        let script = match (user, consent.as_deref()) {
            (None, None) => None,
            (Some(user), Some("allow")) => Some(Person::named(user).allowing()),
            (Some(user), Some("deny")) => Some(Person::named(user).denying()),
            _ => return Err(USAGE.into()),
        };
        let redirect_uri = redirect_uri.unwrap_or("http://127.0.0.1:0/callback".into());
        let mut redirect_uri = Url::parse(&redirect_uri)?;
        // A script does not come back by itself.
        let address = match script {
            Some(_) => vec!["127.0.0.1:0".parse()?],
            None => redirect_uri.socket_addrs(|| None)?,
        };
        let listener = TcpListener::bind(&*address).await?;
        if redirect_uri.port() == Some(0) {
            let port = listener.local_addr()?.port();
            redirect_uri.set_port(Some(port)).map_err(|()| "no port")?;
        }
        Ok(Self {
            stays,
            redirect_uri,
            listener,
            script,
        })
    }

    /// Where the person comes back to.
    pub fn redirect_uri(&self) -> String {
        self.redirect_uri.to_string()
    }

    /// Whether the agent is to go on once its errand is done, in a second.
    pub async fn stays(&self) -> bool {
        if self.stays {
            sleep(Duration::from_secs(1)).await;
        }
        self.stays
    }

    /// Sends the person to `page`; returns the URL at which they come back.
    pub async fn visit(&mut self, page: &str) -> Result<String> {
        match &mut self.script {
            Some(person) => person.visit(page).await,
            None => self.come_back().await,
        }
    }

    async fn come_back(&self) -> Result<String> {
        // Browsers open spare connections, and ask for icons, too.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    connections.spawn(answer(accepted?.0));
                }
                Some(Ok(Ok(target))) = connections.join_next() => {
                    let url = self.redirect_uri.join(&target)?;
                    if url.path() == self.redirect_uri.path() {
                        return Ok(url.into());
                    }
                }
            }
        }
    }
}

/// Thanks the person, and returns the target of the request.
async fn answer(stream: TcpStream) -> Result<String> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let target = line.split(' ').nth(1).ok_or("no request")?.to_owned();
    let text = "You can close this page and go back to the agent.\n";
    let length = text.len();
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    );
    stream.write_all(reply.as_bytes()).await?;
    Ok(target)
}

/// A parameter of the URL that somebody came back with.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let (_, value) = url.query_pairs().find(|(own, _)| own == name)?;
    Some(value.into_owned())
}
