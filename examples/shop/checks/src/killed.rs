//! A server that is stopped or killed while clients are busy, and started again, keeps its promises.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::call::{Answer, Call};
use crate::count::Counts;
use crate::process::Process;

/// The number of clients. Each places one order after another.
const CLIENTS: usize = 8;

/// The number of confirmed orders after which the server ends.
const ORDERS: usize = 200;

/// The maximum time that the next server may take for the backlog of the last one. It has to wait until the lease of
/// a killed server has expired, before it takes over the running jobs.
const AGAIN: Duration = Duration::from_secs(120);

/// The way in which a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It is told to stop, as by a service manager.
    Term,
    /// It is killed.
    Kill,
}

/// Ends a server while clients order, always with requests under way; starts it again on the same database; and
/// counts. No mail is lost. Some may have been sent twice, by effects that were running at a kill: the job of each
/// was retried and has recorded that.
#[allow(clippy::print_stderr, reason = "the counts are what people look for")]
pub async fn check(program: &str, database: &str, signal: Signal) {
    let confirmed = run(program, database, signal);
    let name = Path::new(program).file_name().unwrap_or_default().display();
    let left = Counts::read(database).await;
    eprintln!("{name} after {signal:?}: {left}; {confirmed} confirmed to clients");
    assert!(confirmed >= ORDERS && left.orders >= confirmed, "{left}");

    let process = Process::start(program, database);
    let done = wait_until_done(&process, database).await;
    eprintln!("{name} started again: {done}");
    assert_eq!((done.unfinished, done.discarded), (0, 0), "{done}");
    assert_eq!((done.lost(), done.orders), (0, left.orders), "{done}");
    assert!(done.duplicates() <= done.again, "{done}");
    assert!(process.terminate().success(), "it ends well");
}

/// Runs two servers on one new database: each shows the changes of the other one, and either of them performs a job.
pub async fn check_shared(program: &str, database: &str) {
    let servers = thread::scope(|threads| {
        let start = || Process::start(program, database);
        let starting = [(); 2].map(|()| threads.spawn(start));
        starting.map(|server| server.join().expect("it starts"))
    });
    restock(&servers[0]);
    thread::scope(|threads| {
        for server in &servers {
            for _ in 0..CLIENTS / 2 {
                threads.spawn(|| {
                    for _ in 0..5 {
                        let answer = order(server.address()).expect("it listens");
                        assert_eq!(answer.status, 201, "{answer:?}");
                    }
                });
            }
        }
    });
    let orders = servers.each_ref().map(|server| {
        let answer = server.call(Call::get("/orders")).json();
        answer.as_array().map(Vec::len)
    });
    assert_eq!(orders, [Some(CLIENTS * 5); 2]);
    let done = wait_until_done(&servers[1], database).await;
    assert_eq!((done.orders, done.told), (CLIENTS * 5, CLIENTS * 5));
    assert_eq!(done.unfinished, 0, "{done}");
    assert!(done.duplicates() <= done.again, "{done}");
    for server in servers {
        assert!(server.terminate().success(), "it ends well");
    }
}

/// Returns the number of confirmed orders.
fn run(program: &str, database: &str, signal: Signal) -> usize {
    let process = Process::start(program, database);
    restock(&process);
    let (confirmed, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let address = process.address().to_owned();
    thread::scope(|threads| {
        for _ in 0..CLIENTS {
            threads.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    match order(&address) {
                        Some(answer) if answer.status == 201 => {
                            confirmed.fetch_add(1, Ordering::Relaxed);
                        }
                        // The server has closed the connection, or does not listen any more.
                        None => break,
                        Some(answer) => panic!("{answer:?}"),
                    }
                }
            });
        }
        while confirmed.load(Ordering::Relaxed) < ORDERS {
            thread::yield_now();
        }
        match signal {
            Signal::Term => assert!(process.terminate().success(), "it ends well"),
            Signal::Kill => drop(process),
        }
        ended.store(true, Ordering::Relaxed);
    });
    confirmed.into_inner()
}

/// Adds enough mugs to the stock.
pub(crate) fn restock(process: &Process) {
    for _ in 0..5 {
        let restocked = process.call(Call::post("/items/mug/stock", "quantity=1000"));
        assert_eq!(restocked.status, 200);
    }
}

/// Places an order. Returns `None` if the server is gone or disconnects.
fn order(address: &str) -> Option<Answer> {
    let form = "sku=mug&quantity=1&email=ada%40example.org";
    crate::http::try_call(address, Call::post("/orders", form))
}

/// Waits until no job is left, and counts.
async fn wait_until_done(process: &Process, database: &str) -> Counts {
    let deadline = Instant::now() + AGAIN;
    loop {
        let answer = process.call(Call::get("/jobs?wait=done"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let counts = Counts::read(database).await;
        if counts.unfinished == 0 || Instant::now() > deadline {
            return counts;
        }
    }
}
