//! A proxy that adds one header to each request and passes every other byte as it came: the suite
//! cannot send a token, and forges headers that no library would.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use json::Value;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::{TcpListener, TcpStream};

/// What went through: the messages, each with the status of its answer.
pub(crate) type Seen = Arc<Mutex<Vec<(Value, u16)>>>;

/// Serves `listener` until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, upstream: SocketAddr, header: String, seen: Seen) {
    while let Ok((client, _)) = listener.accept().await {
        let (header, seen) = (header.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            // Whoever hangs up has what they wanted.
            let _ = relay(client, upstream, &header, &seen).await;
        });
    }
}

/// One request after the other, as long as both sides keep the connection.
async fn relay(client: TcpStream, upstream: SocketAddr, header: &str, seen: &Seen) -> Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reader, mut client) = client.into_split();
    let (server_reader, mut server) = server.into_split();
    let mut requests = BufReader::new(client_reader);
    let mut responses = BufReader::new(server_reader);
    while let Some(mut head) = Head::read(&mut requests).await? {
        let mut body = vec![0; head.length.unwrap_or_default()];
        requests.read_exact(&mut body).await?;
        head.add(header);
        server.write_all(&head.bytes).await?;
        server.write_all(&body).await?;
        let head = Head::read(&mut responses).await?;
        let head = head.ok_or(ErrorKind::UnexpectedEof)?;
        let message = json::from_slice(&body).unwrap_or_default();
        if let Ok(mut seen) = seen.lock() {
            seen.push((message, head.status()));
        }
        client.write_all(&head.bytes).await?;
        tokio::select! {
            copied = copy_body(&head, &mut responses, &mut client) => copied?,
            () = hung_up(&mut requests) => return Ok(()),
        }
    }
    Ok(())
}

async fn hung_up(client: &mut (impl AsyncBufRead + Unpin)) {
    if client.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty()) {
        // The next request is already here: it can wait.
        std::future::pending::<()>().await;
    }
}

/// The lines before a body.
struct Head {
    bytes: Vec<u8>,
    length: Option<usize>,
    chunked: bool,
}

impl Head {
    /// None at the end of the connection.
    async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Self>> {
        let (mut bytes, mut length, mut chunked) = (Vec::new(), None, false);
        loop {
            let start = bytes.len();
            if from.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(None);
            }
            let line = String::from_utf8_lossy(&bytes[start..]).to_ascii_lowercase();
            match line.trim_end().split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().ok(),
                Some(("transfer-encoding", _)) => chunked = true,
                _ if line == "\r\n" => break,
                _ => {}
            }
        }
        Ok(Some(Self {
            bytes,
            length,
            chunked,
        }))
    }

    /// Puts a header behind the first line.
    fn add(&mut self, header: &str) {
        let end = self.bytes.iter().position(|byte| *byte == b'\n');
        let at = end.map_or(0, |end| end + 1);
        self.bytes.splice(at..at, header.bytes());
    }

    fn status(&self) -> u16 {
        let line = String::from_utf8_lossy(&self.bytes);
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.unwrap_or_default()
    }
}

/// Passes a body on as it comes.
async fn copy_body(
    head: &Head,
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<()> {
    if !head.chunked {
        let length = u64::try_from(head.length.unwrap_or_default()).unwrap_or_default();
        tokio::io::copy(&mut from.take(length), to).await?;
        return Ok(());
    }
    loop {
        let mut line = String::new();
        from.read_line(&mut line).await?;
        let size = u64::from_str_radix(line.trim_end(), 16)
            .map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        let mut chunk = line.into_bytes();
        from.take(size + 2).read_to_end(&mut chunk).await?;
        to.write_all(&chunk).await?;
        if size == 0 {
            return Ok(());
        }
    }
}
