//! The program, started for real.

use shop_checks::process::Process;
use shop_checks::{Call, table};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shop-axum");

#[tokio::test]
async fn it_answers_every_request_of_the_table_over_a_socket() {
    table::check(&mut Process::start(PROGRAM, None)).await;
}

#[test]
fn told_to_stop_it_ends_well_and_keeps_its_orders() {
    let directory = tempfile::tempdir().expect("the temporary directory is there");
    let file = directory.path().join("shop.db");
    let process = Process::start(PROGRAM, Some(&file));
    let import = process.call(Call::post("/imports", "lines=mug,1,ada%40example.org"));
    assert_eq!(import.status, 202);
    assert!(process.terminate().success());
    // The index was written in the background.
    let process = Process::start(PROGRAM, Some(&file));
    let sent = process.call(Call::get("/sent")).body;
    assert_eq!(sent, r#"[{"via":"search","what":"index orders 1"}]"#);
    assert!(process.terminate().success());
}
