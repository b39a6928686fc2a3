//! HTTP/1.1 clients that keep their connections alive, and disconnect at random points.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::handler::Refused;
use super::plan::{Ending, How, Leaving, Plan, When};

const CONNECTIONS: usize = 64;

/// Returns the `traceparent` of a request, which contains its number.
pub(super) fn trace_parent(request: u32) -> String {
    format!("00-{:032x}-{:016x}-01", u64::from(request) + 1, 1)
}

/// Sends each request once, on any free connection.
pub(super) async fn send_all(server: SocketAddr, plans: &[Plan], midway: &[Notify]) {
    let next = AtomicUsize::new(0);
    let client = async || {
        let mut connection = None;
        loop {
            let request = next.fetch_add(1, Ordering::Relaxed);
            let Some(plan) = plans.get(request) else {
                return;
            };
            let stream = match connection.take() {
                Some(stream) => stream,
                None => connect(server).await,
            };
            connection = send(stream, request, plan.ending, &midway[request]).await;
        }
    };
    join_all((0..CONNECTIONS).map(|_| client())).await;
}

async fn connect(server: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(server).await;
    BufReader::new(stream.expect("the server listens"))
}

/// Sends a request, and returns the connection if it can be reused.
async fn send(
    mut stream: BufReader<TcpStream>,
    request: usize,
    ending: Ending,
    midway: &Notify,
) -> Option<BufReader<TcpStream>> {
    let request = u32::try_from(request).expect("there are not that many");
    let head = format!(
        "GET /{request} HTTP/1.1\r\nhost: load\r\ntraceparent: {}\r\n\r\n",
        trace_parent(request)
    );
    let sent = match ending {
        Ending::Left(Leaving {
            when: When::Sending,
            ..
        }) => &head[..head.len() / 2],
        _ => &head,
    };
    stream.write_all(sent.as_bytes()).await.expect("it is sent");
    let status = match ending {
        Ending::Succeeds => 200,
        Ending::FailsWith(status) => status,
        Ending::Refuses => Refused::STATUS,
        Ending::Panics => {
            let answered = answer(&mut stream).await;
            assert!(answered.is_err(), "request {request}: {answered:?}");
            return None;
        }
        Ending::Left(Leaving { how, when, .. }) => {
            if matches!(when, When::Midway | When::Held) {
                midway.notified().await;
            }
            if how == How::Breaks {
                let stream = stream.get_ref();
                stream.set_zero_linger().expect("it is a socket");
            }
            return None;
        }
    };
    let answered = answer(&mut stream).await.expect("it is answered");
    assert_eq!(answered, (status, request.to_string()));
    Some(stream)
}

/// Reads a response, and returns its status and body.
async fn answer(stream: &mut BufReader<TcpStream>) -> io::Result<(u16, String)> {
    let (mut status, mut length) = (None, None);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest
                .split(' ')
                .next()
                .and_then(|status| status.parse().ok());
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.trim_end().parse().ok();
        }
    }
    let mut body = vec![0; length.expect("the body has a length")];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).expect("it is text");
    Ok((status.expect("it has a status"), body))
}
