//! Promises about intents whose flush is dropped half-way.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::testing::suite::effects::{What, awaited, sync};
use crate::testing::suite::promises::Make;
use crate::testing::suite::world::World;

/// The maximum number of polls before the flush is dropped. Some executors await before they perform.
const POLLS: usize = 100;

pub(in crate::testing::suite) fn a_flush_that_is_dropped_loses_nothing_in_silence(make: Make<'_>) {
    // Dropped at its first, its second or a later pending poll.
    for polls in [1, 2, POLLS] {
        let world = World::new(make);
        let open = world.scope().open();
        let intents = vec![
            sync(1, What::Succeed),
            awaited(2, What::Wait),
            sync(3, What::Succeed),
        ];
        let numbers = world.enqueue(&open, intents);
        let mut errors = Vec::new();
        let mut polls = polls;
        let ended = world.block_on(async {
            let mut flushing = pin!(open.flush_async());
            poll_fn(|cx| {
                polls -= 1;
                match flushing.as_mut().poll(cx) {
                    Poll::Ready(ended) => Poll::Ready(ended.err()),
                    Poll::Pending if polls == 0 => Poll::Ready(None),
                    Poll::Pending => {
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                }
            })
            .await
        });
        errors.extend(ended);
        world.log.open();
        errors.extend(world.finish_deliveries());
        let ended = world.log.ended();
        let mut returned = Vec::new();
        for error in errors {
            let intents = error.into_intents();
            returned.extend(
                intents
                    .iter()
                    .filter_map(|it| numbers.get(&it.id()).copied()),
            );
        }
        for n in 1..=3 {
            let times = |all: &[u32]| all.iter().filter(|it| **it == n).count();
            let (performed, returned) = (times(&ended), times(&returned));
            let what = format!(
                "the flush was dropped; {n} was performed {performed} times and handed back {returned} times, expected exactly one of the two"
            );
            world.claim(performed + returned == 1, &what);
        }
    }
}
