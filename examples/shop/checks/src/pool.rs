//! Two shops with separate stores share a pool of workers. One worker is killed, and all promises are kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use airlock_servers::Nats;

use crate::call::Call;
use crate::database::TemporaryFile;
use crate::http;
use crate::killed::restock;
use crate::process::Process;
use crate::wait::wait_until;
use crate::worker::Worker;

/// The number of clients at each shop. Each places one order after another.
const CLIENTS: usize = 4;

/// The number of confirmations that a worker has mailed when it is frozen.
const MAILED: usize = 20;

/// The number of further orders that each shop confirms before the worker is killed, and again after that.
const ORDERS: usize = 50;

/// The orders of the clients. Each shop has a different buyer, so that mails show which shop they belong to.
const BUYERS: [(&str, &str); 2] = [
    ("ada", "sku=mug&quantity=1&email=ada%40example.org"),
    ("grace", "sku=mug&quantity=1&email=grace%40example.org"),
];

/// Orders at two shops, and kills one of their workers while both are busy. The worker is frozen first, so that NATS
/// has delivered more to it than it performs. Each order is mailed at least once, and never by a shop. Some mails may
/// have been sent twice: those that the killed worker had not yet acknowledged.
#[allow(clippy::print_stderr, reason = "the counts are what people look for")]
pub fn check(servers: [&Path; 2], worker: &Path) {
    let nats = Nats::start().unwrap_or_else(|why| panic!("{why}"));
    let url = nats.url();
    let databases = [(); 2].map(|()| TemporaryFile::new());
    let workers = [(); 2].map(|()| Worker::start(worker, &url));
    let start = |shop: usize| Process::forwarding(servers[shop], databases[shop].url(), &url);
    let shops = [start(0), start(1)];
    shops.iter().for_each(restock);

    let [victim, survivor] = workers;
    let (killed, orders) = order_and_kill(&shops, victim);
    let mailed = || mails(killed.iter().cloned().chain(survivor.lines()));
    wait_until("each order has its mail", || {
        expected(orders).all(|mail| mailed().contains_key(&mail))
    });
    for shop in &shops {
        wait_until("all is forwarded", || {
            let jobs = shop.call(Call::get("/jobs?wait=done")).json();
            let mut states = jobs.as_array().into_iter().flatten();
            states.all(|job| job["state"] == "forwarded")
        });
        let sent = shop.call(Call::get("/sent")).body;
        assert!(!sent.contains("We have your order"), "{sent}");
    }
    let (status, lines) = survivor.terminate();
    assert!(status.success(), "{status}");
    let by_killed = mails(killed.iter().cloned());
    let all = mails(killed.iter().cloned().chain(lines));
    let twice: Vec<_> = all.iter().filter(|(_, times)| **times > 1).collect();
    eprintln!(
        "{orders:?} orders, {} mails; {} of them by the worker that was killed, {} sent twice",
        all.values().sum::<usize>(),
        by_killed.len(),
        twice.len(),
    );
    assert_eq!(all.len(), orders.iter().sum::<usize>());
    for shop in shops {
        assert!(shop.terminate().success(), "it ends well");
    }
}

/// Returns the output of the killed worker, and the number of orders that each shop has confirmed.
fn order_and_kill(shops: &[Process; 2], victim: Worker) -> (Vec<String>, [usize; 2]) {
    let confirmed = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let ended = AtomicBool::new(false);
    let killed = thread::scope(|threads| {
        for ((shop, confirmed), (_, form)) in shops.iter().zip(&confirmed).zip(BUYERS) {
            for _ in 0..CLIENTS {
                threads.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        let answer = http::call(shop.address(), Call::post("/orders", form));
                        assert_eq!(answer.status, 201, "{answer:?}");
                        confirmed.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
        wait_until("the worker is busy", || {
            mails(victim.lines()).len() >= MAILED
        });
        victim.freeze();
        wait_for_orders(&confirmed);
        let killed = victim.kill();
        wait_for_orders(&confirmed);
        ended.store(true, Ordering::Relaxed);
        killed
    });
    (killed, confirmed.map(AtomicUsize::into_inner))
}

/// Waits until each shop has confirmed more orders.
fn wait_for_orders(confirmed: &[AtomicUsize; 2]) {
    let count = || confirmed.each_ref().map(|it| it.load(Ordering::Relaxed));
    let before = count();
    wait_until("there are more orders", || {
        let mut both = before.iter().zip(count());
        both.all(|(before, now)| now >= before + ORDERS)
    });
}

/// Returns the expected confirmations of all orders, which each shop numbers from 1.
fn expected(orders: [usize; 2]) -> impl Iterator<Item = String> {
    let shops = orders.into_iter().zip(BUYERS);
    shops.flat_map(|(orders, (buyer, _))| {
        (1..=orders)
            .map(move |order| format!("mail: to {buyer}@example.org: We have your order {order}."))
    })
}

/// Counts each mailed confirmation.
fn mails(lines: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut mails = BTreeMap::new();
    for line in lines {
        if line.contains("We have your order") {
            *mails.entry(line).or_default() += 1;
        }
    }
    mails
}
