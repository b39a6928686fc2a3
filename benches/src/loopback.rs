//! Requests over loopback sockets: two servers in turn, on keep-alive connections.

use std::io;
use std::net::SocketAddr;

use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::cpu::Thread;
use crate::harness::{Budget, Measured, median, race_in_pairs};

const CONNECTIONS: usize = 16;
const REQUESTS_OF_EACH: usize = 5;
const REQUESTS: usize = CONNECTIONS * REQUESTS_OF_EACH;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: bench\r\n\r\n";

/// A listening server, and its only serving thread, if that can be watched.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) thread: Option<Thread>,
}

/// Measures the ratio of requests per second, ours to the peer's, and the CPU time (user and
/// system) that each server spends on a request. The budget applies to the ratio.
pub(crate) fn compare(
    name: &str,
    ours: &Server,
    peer: &Server,
    budget: Budget,
) -> Result<Vec<Measured>, String> {
    let (mut ours, mut peer) = (Clients::connect(ours)?, Clients::connect(peer)?);
    let (our_time, peer_time, ratio) = race_in_pairs(|| ours.ask(), || peer.ask());
    let per_second = |nanos: f64| REQUESTS as f64 * 1e9 / nanos;
    let rates = (per_second(our_time), per_second(peer_time));
    let mut measured = Measured::ratio(name, rates, "requests per second");
    measured.value = 1.0 / ratio;
    let mut results = vec![measured.budget(budget)];
    if let (Some(ours), Some(peer)) = (ours.cpu(), peer.cpu()) {
        let name = format!("{}_cpu", name.trim_end_matches("_vs_bare"));
        results.push(Measured::ratio(name, (ours, peer), "ns of CPU per request"));
    }
    Ok(results)
}

/// The connections to one server, all driven on this thread.
struct Clients {
    runtime: Runtime,
    streams: Vec<TcpStream>,
    /// The length of one response in bytes. Responses differ only in their date.
    length: usize,
    server: Option<Thread>,
    /// The CPU nanoseconds that the server spent per request, one entry per call of `ask`.
    cpu: Vec<f64>,
}

impl Clients {
    fn connect(server: &Server) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_io().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let connected = runtime.block_on(async {
            let streams = (0..CONNECTIONS).map(|_| TcpStream::connect(server.address));
            let mut streams = try_join_all(streams).await?;
            for stream in &streams {
                stream.set_nodelay(true)?;
            }
            let length = length(&mut streams[0]).await?;
            io::Result::Ok((streams, length))
        });
        let (streams, length) = connected.map_err(|error| error.to_string())?;
        Ok(Self {
            runtime,
            streams,
            length,
            server: server.thread.clone(),
            cpu: Vec::new(),
        })
    }

    /// Returns the CPU time that one request takes the server, in nanoseconds.
    fn cpu(self) -> Option<f64> {
        (!self.cpu.is_empty()).then(|| median(self.cpu))
    }

    /// Sends [`REQUESTS_OF_EACH`] requests, one after another, on each connection.
    fn ask(&mut self) {
        let length = self.length;
        let before = self.server.as_ref().and_then(Thread::nanos);
        let asked = self.streams.iter_mut().map(async |stream| {
            let mut response = vec![0; length];
            for _ in 0..REQUESTS_OF_EACH {
                stream.write_all(REQUEST).await?;
                stream.read_exact(&mut response).await?;
                assert!(is_whole(&response));
            }
            io::Result::Ok(())
        });
        let asked = self.runtime.block_on(try_join_all(asked));
        assert!(asked.is_ok(), "{asked:?}");
        let after = self.server.as_ref().and_then(Thread::nanos);
        if let (Some(before), Some(after)) = (before, after) {
            self.cpu.push((after - before) / REQUESTS as f64);
        }
    }
}

/// Sends one request, and returns the length of the response.
async fn length(stream: &mut TcpStream) -> io::Result<usize> {
    stream.write_all(REQUEST).await?;
    let mut response = Vec::new();
    while !is_whole(&response) {
        if stream.read_buf(&mut response).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(response.len())
}

/// Returns whether the response is complete. All apps send the same body.
fn is_whole(response: &[u8]) -> bool {
    response.starts_with(b"HTTP/1.1 200 ") && response.ends_with(b"\r\n\r\ndone")
}
