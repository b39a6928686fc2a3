//! Promises about the intents that effects enqueue.

use crate::testing::suite::effects::{What, sync};
use crate::testing::suite::promises::Make;
use crate::testing::suite::world::{WAYS, World};

pub(in crate::testing::suite) fn cascades_are_performed_with_their_cause(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        world.flush(way, vec![sync(1, What::Cause(2))]);
        let what = "1 enqueues 2 while it is performed, and both were to be performed";
        world.claim(world.log.ended() == [1, 2], what);
        let what = format!(
            "2 was to know that 1 caused it; it knows {:?}",
            world.log.notes()
        );
        world.claim(world.log.notes() == ["airlock.suite.act"], &what);
    }
}

pub(in crate::testing::suite) fn what_a_failed_effect_caused_is_discarded(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        world.flush(way, vec![sync(1, What::CauseAndFail(2))]);
        let what = "1 enqueues 2 and fails, so that 2 was not to be performed";
        world.claim(!world.log.began().contains(&2), what);
    }
}
