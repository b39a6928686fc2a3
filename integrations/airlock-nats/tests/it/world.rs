//! A separate stream for each test, on one server.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock::nats::{Keys, Nats, NatsBuilder, async_nats};
use airlock_servers::Nats as Server;

/// The number of streams created by this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

static SERVER: OnceLock<Server> = OnceLock::new();

fn server() -> &'static Server {
    SERVER.get_or_init(|| match Server::shared() {
        Ok(server) => server,
        Err(why) => panic!("{why}"),
    })
}

/// Returns a name that no other test uses.
pub(crate) fn new_name() -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("t{}_{number}", std::process::id())
}

pub(crate) fn url() -> String {
    server().url()
}

pub(crate) async fn connect() -> async_nats::Client {
    async_nats::connect(url()).await.expect("a connection")
}

pub(crate) fn keys() -> Keys {
    Keys::new([7; 32])
}

/// The number of partitions in the tests.
const PARTITIONS: u16 = 2;

/// Returns a builder with the keys that the effects of the engine's suite need.
pub(crate) async fn builder(name: &str) -> NatsBuilder {
    let builder = Nats::builder(connect().await).name(name);
    builder.partitions(PARTITIONS).keys(keys()).syncs_always()
}

/// Creates empty streams, and returns their name and the handle.
pub(crate) async fn named() -> (String, Nats) {
    let name = new_name();
    let nats = builder(&name).await.build().expect("a nats");
    nats.ensure_stream().await.expect("streams");
    (name, nats)
}

/// Returns the partition of an ordering key by the hash that the docs name: 64-bit FNV-1a.
pub(crate) fn partition_of(key: &str) -> usize {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::from(u16::try_from(hash % u64::from(PARTITIONS)).unwrap_or(0))
}
