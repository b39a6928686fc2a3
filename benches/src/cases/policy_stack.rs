//! The cost per intent of each policy in a stack.

use airlock::policy::allow_if;

use crate::harness::{Measured, time};
use crate::run::Places;
use crate::work::record;

const INTENTS: u64 = 10_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let sizes = [0, 1, 4, 16];
    Ok(sizes.iter().map(|size| measure(*size)).collect())
}

fn measure(policies: usize) -> Measured {
    let work = || {
        let mut scope = airlock::scope();
        for _ in 0..policies {
            scope = scope.policy(allow_if(|_| true));
        }
        scope.run_infallible(|_| {
            for order in 0..INTENTS {
                airlock::enqueue(record(order, 7, 99));
            }
        })
    };
    let cost = time(INTENTS as usize, work);
    let measured = Measured::cost(format!("policy_stack_{policies}"), cost, "ns per effect");
    match policies {
        1 => measured.at_most_nanos(45.0),
        16 => measured.at_most_nanos(110.0),
        _ => measured,
    }
}
