//! The lines of the README, by curl.

use shop_checks::process::Process;
use shop_checks::readme;

#[test]
fn the_lines_of_the_readme_do_what_it_says() {
    let process = Process::start(env!("CARGO_BIN_EXE_shop-actix"), None);
    readme::check(process.address());
}
