//! The commands of the README, run with curl.

use shop_checks::TemporaryFile;
use shop_checks::process::Process;
use shop_checks::readme;

#[test]
fn the_lines_of_the_readme_do_what_it_says() {
    let database = TemporaryFile::new();
    let process = Process::start(env!("CARGO_BIN_EXE_shop-actix"), database.url());
    readme::check(process.address());
}
