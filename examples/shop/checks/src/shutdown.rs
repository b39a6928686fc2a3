//! Shutting down: what the clients were promised is done first, and no client can keep it from ending.

use std::future::Future;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use airlock::BoxFuture;
use shop::{Outside, Partners, SearchIndex, Shop, Store, Unreachable};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::call::{Answer, Call};
use crate::http;

/// An index that does its work when the gate opens.
struct Slow {
    outside: Arc<Outside>,
    gate: watch::Receiver<bool>,
}

impl Slow {
    async fn opened(&self) {
        let opened = self.gate.clone().wait_for(|open| *open).await.is_ok();
        assert!(opened, "nobody is left to open the gate");
    }
}

impl SearchIndex for Slow {
    fn index_orders(&self, orders: Vec<i64>) -> BoxFuture<'_, Result<(), Unreachable>> {
        Box::pin(async move {
            self.opened().await;
            self.outside.index_orders(orders).await
        })
    }

    fn refresh_listing(&self, sku: String) -> BoxFuture<'_, Result<(), Unreachable>> {
        Box::pin(async move {
            self.opened().await;
            self.outside.refresh_listing(sku).await
        })
    }
}

/// A request whose effect goes on after it was answered.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    call: Call,
    status: u16,
    effect: &'static str,
}

/// In the background.
pub const IMPORT: Promise = Promise {
    call: Call::post("/imports", "lines=mug,1,ada%40example.org"),
    status: 202,
    effect: "index orders 1",
};

/// After the response.
pub const RESTOCK: Promise = Promise {
    call: Call::post("/items/mug/stock", "quantity=1"),
    status: 200,
    effect: "refresh mug",
};

/// Serves a shop whose index does not answer, stops the server while the effect of a request is under
/// way, and sees it done when the server has ended.
pub async fn check<S>(
    promise: Promise,
    serve: impl FnOnce(TcpListener, Shop, oneshot::Receiver<()>) -> S,
) where
    S: Future<Output = io::Result<()>>,
{
    let directory = TempDir::new().expect("the temporary directory is there");
    let file = directory.path().join("shop.db");
    let store = Store::open(Some(&file)).await.expect("a database");
    let outside = Outside::new(store.clone());
    let (open, gate) = watch::channel(false);
    let partners = Partners {
        index: Arc::new(Slow {
            outside: outside.clone(),
            gate,
        }),
        ..outside.partners()
    };
    let shop = Shop::with(store, outside, partners).expect("a shop");
    let (listener, address) = bound();
    let (stop, stopped) = oneshot::channel();

    let serving = async {
        serve(listener, shop, stopped).await.expect("it serves");
        sent(&Store::open(Some(&file)).await.expect("the database")).await
    };
    let stopping = async {
        let answer = call(&address, promise.call).await;
        assert_eq!(answer.status, promise.status);
        stop.send(()).expect("the server waits for it");
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        open.send(true).expect("the index waits for it");
    };
    let (sent, ()) = tokio::join!(serving, stopping);
    assert_eq!(sent, [promise.effect]);
}

/// The first half of a head.
pub const HALF_A_HEAD: &str = "POST /orders HTTP/1.1\r\nhost: ";

/// A head, and half of its body.
pub const HALF_A_BODY: &str = "POST /orders HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nsku=";

/// Serves a shop, stops the server while a client has sent half a request and stays, and sees the
/// server end. It must be told to have no patience.
pub async fn check_without_patience<S>(
    half: &str,
    serve: impl FnOnce(TcpListener, Shop, oneshot::Receiver<()>) -> S,
) where
    S: Future<Output = io::Result<()>>,
{
    let shop = Shop::open(None).await.expect("a shop in memory");
    let (listener, address) = bound();
    let (stop, stopped) = oneshot::channel();
    let stopping = async {
        let mut client = TcpStream::connect(&address).expect("the shop listens");
        client.write_all(half.as_bytes()).expect("the shop reads");
        // Connections are accepted in their order, so the shop has the first one too.
        assert_eq!(call(&address, Call::get("/items")).await.status, 200);
        stop.send(()).expect("the server waits for it");
        client
    };
    let both = async { tokio::join!(serve(listener, shop, stopped), stopping) };
    let ended = timeout(Duration::from_secs(60), both).await;
    let (served, client) = ended.expect("the server has not ended for a minute");
    served.expect("it serves");
    drop(client);
}

fn bound() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("tokio asks for it");
    let address = listener.local_addr().expect("it is bound").to_string();
    (listener, address)
}

async fn call(address: &str, call: Call) -> Answer {
    let address = address.to_owned();
    let answer = spawn_blocking(move || http::call(&address, call)).await;
    answer.expect("it does not panic")
}

async fn sent(store: &Store) -> Vec<String> {
    let sent = store.sent().await.expect("the table");
    sent.into_iter().map(|sent| sent.what).collect()
}
