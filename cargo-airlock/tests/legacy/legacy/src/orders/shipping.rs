//! Shipping.

use super::*;
use clients::http_client;

pub(super) fn ship() {
    let _ = http_client();
    let _ = std::process::Command::new("ship");
}
