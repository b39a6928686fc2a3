//! A server whose NATS is down: it accepts orders, and forwards their effects when NATS is up.

use airlock_servers::Nats;
use serde_json::Value;
use shop::settings::{DEMO_KEY, WorkerSettings};
use shop::{Outside, Sent, Store};
use tokio::runtime::Runtime;

use crate::call::Call;
use crate::database::TemporaryFile;
use crate::process::Process;
use crate::wait::wait_until;

/// An order.
const ORDER: Call = Call::post("/orders", "sku=mug&quantity=1&email=ada%40example.org");

/// Starts a server while NATS is down, and orders. Then starts NATS and a worker in this process, whose partners
/// write to a separate database.
pub fn check(program: &str) {
    let runtime = Runtime::new().expect("threads");
    let mut nats = Nats::start().unwrap_or_else(|why| panic!("{why}"));
    nats.crash(0);
    let (database, other) = (TemporaryFile::new(), TemporaryFile::new());
    let server = Process::forwarding(program, database.url(), &nats.url());
    assert_eq!(server.call(ORDER).status, 201);
    let early = states(&server);
    assert_eq!(early.len(), 2);
    let waits = |state: &String| state == "pending" || state == "running";
    assert!(early.iter().all(waits), "{early:?}");

    nats.restart(0).unwrap_or_else(|why| panic!("{why}"));
    let store = runtime.block_on(Store::open(other.url(), DEMO_KEY));
    let store = store.expect("a database");
    let partners = Outside::new(store.clone()).partners();
    let settings = WorkerSettings {
        nats: nats.url(),
        key: DEMO_KEY,
    };
    let worker = runtime.block_on(shop::start_worker(&settings, &partners));
    let worker = worker.expect("NATS is there");
    wait_until("all is forwarded", || {
        states(&server).iter().all(|state| state == "forwarded")
    });
    let sent = || runtime.block_on(store.sent()).expect("the table");
    wait_until("all is performed", || sent().len() >= early.len());
    assert!(sent().contains(&Sent {
        via: "mail".to_owned(),
        what: "to ada@example.org: We have your order 1.".to_owned(),
    }));
    look(&server);
    runtime.block_on(worker.stop());
    runtime.block_on(store.close());
    assert!(server.terminate().success(), "it ends well");
}

/// Checks that the server itself performs only effects that are not durable, and shows this.
fn look(server: &Process) {
    let sent = server.call(Call::get("/sent")).json();
    let sent: Vec<_> = list(&sent).iter().map(|it| it["what"].as_str()).collect();
    assert_eq!(sent, [Some("refresh mug")]);
    let page = server.call(Call::get("/").from_browser()).body;
    assert!(page.contains(r#"<span class="state forwarded">forwarded</span>"#));
    assert!(page.contains("leave from the workers"));
    assert!(!page.contains("The mail server"));
    let answer = server.call(Call::post("/mail-server", "works=false"));
    assert_eq!(answer.status, 409, "{answer:?}");
}

/// Returns the states of the jobs.
fn states(server: &Process) -> Vec<String> {
    let jobs = server.call(Call::get("/jobs")).json();
    let states = list(&jobs).iter().filter_map(|job| job["state"].as_str());
    states.map(str::to_owned).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
