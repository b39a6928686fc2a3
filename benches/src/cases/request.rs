//! A scope for two effects, compared with two boxed closures.

use crate::harness::{Budget, Measured, race};
use crate::run::Places;
use crate::work::{boxed, record};

const REQUESTS: u64 = 10_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let ours = || {
        for order in 0..REQUESTS {
            let ended = airlock::scope().run_infallible(|_| {
                airlock::enqueue(record(order, 7, 99));
                airlock::enqueue(record(order, 8, 99));
            });
            assert!(ended.is_ok());
        }
    };
    let peer = || {
        for order in 0..REQUESTS {
            let effects = std::hint::black_box(vec![boxed(order, 7, 99), boxed(order, 8, 99)]);
            for effect in effects {
                effect();
            }
        }
    };
    let times = race(REQUESTS as usize, ours, peer);
    Ok(vec![
        Measured::ratio("request_vs_boxed_closures", times, "ns per request")
            .budget(Budget::AtMost(3.0)),
    ])
}
