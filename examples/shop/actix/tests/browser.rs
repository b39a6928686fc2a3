//! The page, in Chromium.

use shop_checks::TemporaryFile;
use shop_checks::page;
use shop_checks::process::Process;

#[test]
fn the_page_is_used_with_a_mouse_on_a_phone() {
    let database = TemporaryFile::new();
    let process = Process::start(env!("CARGO_BIN_EXE_shop-actix"), database.url());
    page::check(process.address());
}
