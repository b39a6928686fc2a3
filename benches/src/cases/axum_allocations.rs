//! What one request allocates through axum's router with our layer and two effects, less what the
//! bare one does.

use super::allocations::counted;
use super::axum_layer::{REQUESTS, answer, layered, plain};
use crate::harness::{Measured, at_once};
use crate::run::Places;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let (mut layered, mut plain) = (layered(), plain());
    let ours = || at_once(answer(&mut layered));
    let peer = || at_once(answer(&mut plain));
    let name = "axum_allocations_per_request";
    Ok(vec![per_request(name, ours, peer)])
}

/// Allocations of each per request, and as the value how many more are ours.
pub(super) fn per_request(name: &str, mut ours: impl FnMut(), mut peer: impl FnMut()) -> Measured {
    // What is made once and kept does not count.
    ours();
    peer();
    let each = [counted(ours), counted(peer)]
        .map(|stats| (stats.allocations + stats.reallocations) as f64 / REQUESTS as f64);
    let mut measured = Measured::ratio(name, each.into(), "allocations per request");
    measured.value = each[0] - each[1];
    measured
}
