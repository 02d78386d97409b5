//! What goes wrong below HTTP: answers that no HTTP server would write.

use crate::exchange::Response;
use crate::fault::When;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

/// Something that goes wrong below HTTP, and when.
#[derive(Clone, Debug)]
pub struct Mishap {
    /// What goes wrong.
    pub sabotage: Sabotage,
    /// For which requests: numbered as the core numbers them.
    pub when: When,
}

/// How an answer goes wrong on its way. Each but [`Sabotage::SlowDrip`] ends the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// The connection closes before the first byte.
    HangUp,
    /// The connection is reset after half of the body.
    ResetMidBody,
    /// The head and half of the body come, then nothing for this long.
    Stall(Duration),
    /// The whole answer comes, but only so many bytes at a time.
    SlowDrip {
        /// Bytes at a time.
        bytes: usize,
        /// The time between them.
        every: Duration,
    },
    /// The body comes in chunks, and the connection closes in the middle of one.
    TruncatedChunk,
    /// The head promises 1,000 bytes more than the body has.
    LengthTooLong,
    /// The head promises half of the bytes that the body has.
    LengthTooShort,
    /// What comes is not HTTP.
    Garbage,
}

impl Sabotage {
    /// Writes `response` to the connection, and ends it. That the client may end it first is no error.
    pub(super) async fn perform(self, mut stream: TlsStream<TcpStream>, response: &Response) {
        // A client that has gone was the point of most of these.
        let _gone = self.write(&mut stream, response).await;
        let _gone = stream.flush().await;
        match self {
            Sabotage::ResetMidBody => {
                // Dropping the socket with this set sends a reset, and not an end.
                let _unsupported = stream.get_ref().0.set_zero_linger();
            }
            Sabotage::Stall(how_long) => {
                // Until the client hangs up, which reads as an end.
                let mut ignored = [0; 64];
                let _end = timeout(how_long, stream.read(&mut ignored)).await;
            }
            _ => {
                let _gone = stream.shutdown().await;
            }
        }
    }

    async fn write(self, to: &mut TlsStream<TcpStream>, response: &Response) -> io::Result<()> {
        let body = &response.body;
        let length = |length: usize| format!("content-length: {length}");
        let half = body.len() / 2;
        match self {
            Sabotage::HangUp => Ok(()),
            Sabotage::Garbage => {
                to.write_all(b"\x16\x03\x01SSH-2.0-OpenSSH_9.2\r\n\0\0")
                    .await
            }
            Sabotage::ResetMidBody | Sabotage::Stall(_) => {
                to.write_all(&head(response, &length(body.len()))).await?;
                to.write_all(&body[..half]).await
            }
            Sabotage::LengthTooLong => {
                let promised = length(body.len() + 1_000);
                to.write_all(&head(response, &promised)).await?;
                to.write_all(body).await
            }
            Sabotage::LengthTooShort => {
                to.write_all(&head(response, &length(half))).await?;
                to.write_all(body).await
            }
            Sabotage::TruncatedChunk => {
                let chunked = "transfer-encoding: chunked";
                to.write_all(&head(response, chunked)).await?;
                let size = format!("{:x}\r\n", body.len());
                to.write_all(size.as_bytes()).await?;
                to.write_all(&body[..half]).await
            }
            Sabotage::SlowDrip { bytes, every } => {
                let mut whole = head(response, &length(body.len()));
                whole.extend_from_slice(body);
                for part in whole.chunks(bytes.max(1)) {
                    to.write_all(part).await?;
                    to.flush().await?;
                    sleep(every).await;
                }
                Ok(())
            }
        }
    }
}

/// The head of an answer, with `framing` to say how long its body is.
fn head(response: &Response, framing: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Sabotaged\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(framing);
    // Without this a client may ask again on a connection that is about to end, and meet a second fault by chance.
    head.push_str("\r\nconnection: close\r\n\r\n");
    head.into_bytes()
}
