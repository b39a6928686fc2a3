//! The program as a separate process.

use shop_checks::process::Process;
use shop_checks::{Call, TemporaryFile, table};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-axum");

#[tokio::test]
async fn it_answers_every_request_of_the_table_over_a_socket() {
    let database = TemporaryFile::new();
    table::check(&mut Process::start(PROGRAM, database.url())).await;
}

#[test]
fn told_to_stop_it_ends_well_and_keeps_its_orders() {
    let database = TemporaryFile::new();
    let process = Process::start(PROGRAM, database.url());
    let order = "sku=mug&quantity=1&email=ada%40example.org";
    assert_eq!(process.call(Call::post("/orders", order)).status, 201);
    assert!(process.terminate().success());
    // Either process may have performed them.
    let process = Process::start(PROGRAM, database.url());
    let jobs = process.call(Call::get("/jobs?wait=done")).json();
    let states: Vec<_> = jobs
        .as_array()
        .expect("jobs")
        .iter()
        .map(|job| &job["state"])
        .collect();
    assert_eq!(states, ["performed", "performed"]);
    assert_eq!(process.call(Call::get("/orders/1")).status, 200);
    assert!(process.terminate().success());
}
