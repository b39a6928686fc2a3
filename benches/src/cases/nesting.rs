//! The cost of each scope that captures an intent on its way out.

use crate::harness::{Measured, time};
use crate::run::Places;
use crate::work::record;

const INTENTS: u64 = 1_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let depths = [1, 4, 16];
    let measure = |depth: &usize| {
        let cost = time(INTENTS as usize, || nest(*depth));
        Measured::cost(format!("nesting_{depth}"), cost, "ns per effect")
    };
    let mut measured: Vec<_> = depths.iter().map(measure).collect();
    // The cost that each capturing scope adds.
    let (alone, deepest) = (measured[0].value, measured[depths.len() - 1].value);
    let levels = (depths[depths.len() - 1] - depths[0]) as f64;
    let per_level = (deepest - alone) / levels;
    let capture = Measured::cost("capture_per_level", per_level, "ns per intent and level");
    measured.push(capture.at_most_nanos(12.0));
    Ok(measured)
}

fn nest(depth: usize) {
    let ended = airlock::scope().run_infallible(|_| {
        if depth > 1 {
            return nest(depth - 1);
        }
        for order in 0..INTENTS {
            airlock::enqueue(record(order, 7, 99));
        }
    });
    assert!(ended.is_ok());
}
