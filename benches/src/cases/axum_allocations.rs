//! Allocations per request through axum's router with our layer, minus those of the bare router;
//! and without effects, minus those under a layer that does nothing.

use super::allocations::counted;
use super::axum_layer::{REQUESTS, answer, idle, layered, plain, without_effects};
use crate::harness::{Budget, Measured, at_once};
use crate::run::Places;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let (mut ours, mut bare) = (layered(), plain());
    let with_effects = per_request(
        "axum_allocations_per_request",
        || at_once(answer(&mut ours)),
        || at_once(answer(&mut bare)),
    );
    let (mut ours, mut idle) = (without_effects(), idle());
    let without = per_request(
        "axum_allocations_without_effects",
        || at_once(answer(&mut ours)),
        || at_once(answer(&mut idle)),
    );
    Ok(vec![
        with_effects.budget(Budget::AtMost(2.0)),
        without.budget(Budget::AtMost(0.0)),
    ])
}

/// Returns the allocations per request of each side. The value is the difference, ours minus the
/// peer's.
pub(super) fn per_request(name: &str, mut ours: impl FnMut(), mut peer: impl FnMut()) -> Measured {
    // Allocations that are made once and cached do not count.
    ours();
    peer();
    let each = [counted(ours), counted(peer)]
        .map(|stats| (stats.allocations + stats.reallocations) as f64 / REQUESTS as f64);
    let mut measured = Measured::ratio(name, each.into(), "allocations per request");
    measured.value = each[0] - each[1];
    measured
}
