//! Shutting down: running work is finished first, the next server does the rest, and no client can prevent the end.

use std::future::Future;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;
use shop::settings::DEMO_KEY;
use shop::{JobQuery, Shop, Store, Wait};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::call::{Answer, Call};
use crate::database::TemporaryFile;
use crate::http;
use crate::slow::Slow;

/// A request whose effect calls the index.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    call: Call,
    status: u16,
    effect: &'static str,
    /// `true` if a worker performs the effect.
    is_job: bool,
}

/// A request with a durable effect.
pub const PAYMENT: Promise = Promise {
    call: Call::post("/orders/1/payment", "card=good"),
    status: 200,
    effect: "index order 1 as paid",
    is_job: true,
};

/// A request with an effect that is dispatched after the response, and is not stored.
pub const RESTOCK: Promise = Promise {
    call: Call::post("/items/mug/stock", "quantity=1"),
    status: 200,
    effect: "refresh mug",
    is_job: false,
};

/// Serves a shop whose index blocks, and stops the server while the effect of a request is running. Checks that the
/// effect is done when the server has ended.
pub async fn check<S>(
    promise: Promise,
    serve: impl FnOnce(TcpListener, Shop, oneshot::Receiver<()>) -> S,
) where
    S: Future<Output = io::Result<()>>,
{
    let database = with_an_order().await;
    let (shop, open) = Slow::shop(&database).await;
    let (listener, address) = bound();
    let (stop, stopped) = oneshot::channel();
    let serving = async { serve(listener, shop, stopped).await.expect("it serves") };
    let stopping = async {
        let answer = call(&address, promise.call).await;
        assert_eq!(answer.status, promise.status, "{answer:?}");
        while promise.is_job && !is_under_way(&address).await {}
        stop.send(()).expect("the server waits for it");
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        open.send(true).expect("the index waits for it");
    };
    tokio::join!(serving, stopping);
    let sent = sent(&database).await;
    assert!(sent.iter().any(|sent| sent == promise.effect), "{sent:?}");
}

/// Serves a shop whose index never answers, and stops the server during a call. The next server has a working index,
/// and performs the effect.
pub async fn check_next_server<S>(serve: impl FnOnce(TcpListener, Shop, oneshot::Receiver<()>) -> S)
where
    S: Future<Output = io::Result<()>>,
{
    let database = with_an_order().await;
    let (shop, _closed) = Slow::shop(&database).await;
    let (listener, address) = bound();
    let (stop, stopped) = oneshot::channel();
    let serving = async { serve(listener, shop, stopped).await.expect("it serves") };
    let stopping = async {
        let answer = call(&address, PAYMENT.call).await;
        assert_eq!(answer.status, PAYMENT.status, "{answer:?}");
        while !is_under_way(&address).await {}
        stop.send(()).expect("the server waits for it");
    };
    tokio::join!(serving, stopping);
    let before = sent(&database).await;
    assert!(!before.iter().any(|sent| sent == PAYMENT.effect));
    let shop = Shop::open(database.url(), DEMO_KEY).await.expect("a shop");
    wait_until_done(&shop).await;
    shop.close(Duration::from_secs(10)).await;
    let after = sent(&database).await;
    assert!(after.iter().any(|sent| sent == PAYMENT.effect), "{after:?}");
}

/// The first half of a request head.
pub const HALF_A_HEAD: &str = "POST /orders HTTP/1.1\r\nhost: ";

/// A request head, and half of its body.
pub const HALF_A_BODY: &str = "POST /orders HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nsku=";

/// Serves a shop, and stops the server while a client has sent half a request and stays connected. Checks that the
/// server ends. `serve` must use no patience.
pub async fn check_without_patience<S>(
    half: &str,
    serve: impl FnOnce(TcpListener, Shop, oneshot::Receiver<()>) -> S,
) where
    S: Future<Output = io::Result<()>>,
{
    let database = TemporaryFile::new();
    let shop = Shop::open(database.url(), DEMO_KEY).await.expect("a shop");
    let (listener, address) = bound();
    let (stop, stopped) = oneshot::channel();
    let stopping = async {
        let mut client = TcpStream::connect(&address).expect("the shop listens");
        client.write_all(half.as_bytes()).expect("the shop reads");
        // Connections are accepted in order, so the shop has accepted the first one too.
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

/// Creates a database with one order and no pending jobs.
async fn with_an_order() -> TemporaryFile {
    let database = TemporaryFile::new();
    let shop = Shop::open(database.url(), DEMO_KEY).await.expect("a shop");
    let new = shop::NewOrder {
        sku: "mug".to_owned(),
        quantity: 1,
        email: "ada@example.org".to_owned(),
        key: None,
    };
    let place = shop.airlock().bind(shop.place(new));
    place.await.expect("there are mugs");
    wait_until_done(&shop).await;
    shop.close(Duration::from_secs(10)).await;
    database
}

async fn wait_until_done(shop: &Shop) {
    let wait = JobQuery {
        wait: Some(Wait::Done),
        state: None,
    };
    let jobs = shop.jobs(wait).await.expect("the table");
    let is_done = |job: &shop::Job| job.state == shop::Progress::Performed;
    assert!(jobs.iter().all(is_done), "{jobs:?}");
}

/// Returns whether a call to the index is running.
async fn is_under_way(address: &str) -> bool {
    let jobs = call(address, Call::get("/jobs?state=running")).await.json();
    let jobs = jobs.as_array().map_or(&[][..], Vec::as_slice);
    jobs.iter()
        .any(|job: &Value| job["effect"] == "shop.index_order")
}

async fn call(address: &str, call: Call) -> Answer {
    let address = address.to_owned();
    let answer = spawn_blocking(move || http::call(&address, call)).await;
    answer.expect("it does not panic")
}

/// Returns everything that was sent, newest first.
async fn sent(database: &TemporaryFile) -> Vec<String> {
    let store = Store::open(database.url(), DEMO_KEY).await;
    let store = store.expect("the database");
    let sent = store.sent().await.expect("the table");
    store.close().await;
    sent.into_iter().map(|sent| sent.what).collect()
}
