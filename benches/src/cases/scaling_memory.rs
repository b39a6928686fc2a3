//! The memory per intent from few to many.

use crate::cases::allocations::bytes_held;
use crate::cases::scaling::INTENTS;
use crate::harness::Measured;
use crate::plot::{Line, draw};
use crate::run::Places;

pub(super) fn run(places: &Places) -> Result<Vec<Measured>, String> {
    let bytes = Line::measured("bytes that a scope holds", INTENTS, |items| {
        bytes_held(items) / items as f64
    });
    draw(
        &places.out.join("memory.svg"),
        "bytes per intent",
        &[&bytes],
    )?;
    let unit = "the most by the least, per intent";
    Ok(vec![Measured::cost("scaling_memory", bytes.spread(), unit)])
}
