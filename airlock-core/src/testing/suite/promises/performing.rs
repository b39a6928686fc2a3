//! Promises about intents whose effects succeed.

use crate::intent::Origin;
use crate::testing::suite::effects::{What, awaited, bulk, sync};
use crate::testing::suite::promises::Make;
use crate::testing::suite::world::{Numbered, WAYS, Way, World};

fn several() -> Vec<Numbered> {
    (1..=5).map(|n| sync(n, What::Succeed)).collect()
}

pub(in crate::testing::suite) fn each_intent_is_performed_once(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush(way, several());
        let mut ended = world.log.ended();
        ended.sort_unstable();
        world.claim(
            ended == [1, 2, 3, 4, 5],
            "of the effects 1 to 5 each was to be performed once",
        );
        world.claim(
            told.failed.is_empty(),
            "it tells of a failure, and nothing has failed",
        );
        world.claim(told.returned.is_empty(), "it hands back what was performed");
    }
}

pub(in crate::testing::suite) fn the_report_names_each_intent_once(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush(way, several());
        let all = (1..=5).map(|n| (n, "dispatched"));
        let what = format!(
            "1 to 5 were to be dispatched, the report says {:?}",
            told.fates()
        );
        world.claim(told.fates().into_iter().eq(all), &what);
    }
}

pub(in crate::testing::suite) fn the_order_is_kept(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let awaits = |n: u32| way == Way::Async && n.is_multiple_of(2);
        let mixed = |n: u32| match awaits(n) {
            true => awaited(n, What::Succeed),
            false => sync(n, What::Succeed),
        };
        world.flush(way, (1..=6).map(mixed).collect());
        let in_order = world.log.began() == [1, 2, 3, 4, 5, 6];
        let what = "1 to 6 were to begin in this order; an executor without order says so: `Subject::unordered`";
        world.claim(in_order || !world.subject.ordered, what);
    }
}

pub(in crate::testing::suite) fn an_async_flush_performs_async_effects(make: Make<'_>) {
    let world = World::new(make);
    let intents = vec![
        awaited(1, What::Succeed),
        sync(2, What::Succeed),
        awaited(3, What::Succeed),
    ];
    let told = world.flush(Way::Async, intents);
    let mut ended = world.log.ended();
    ended.sort_unstable();
    world.claim(
        ended == [1, 2, 3] && told.failed.is_empty(),
        "1 to 3 were to be performed",
    );
}

pub(in crate::testing::suite) fn a_sync_flush_loses_no_async_effect(make: Make<'_>) {
    let world = World::new(make);
    let told = world.flush(Way::Sync, vec![awaited(1, What::Succeed)]);
    let (performed, returned) = (world.log.ended().len(), told.returned.len());
    let what = format!(
        "an async effect in a sync flush was performed {performed} times and handed back {returned} times; expected exactly one of the two"
    );
    world.claim(
        performed + returned == 1 && told.failed.len() == returned,
        &what,
    );
}

pub(in crate::testing::suite) fn intents_of_a_batch_effect_are_one_call(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        world.flush(way, vec![bulk(1), sync(2, What::Succeed), bulk(3)]);
        let what = "the two intents of a batch effect were to be performed by one call";
        world.claim(world.log.notes() == ["[1, 3]"], what);
    }
}

pub(in crate::testing::suite) fn an_effect_finds_its_resources(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        // The log is a resource; without it nothing is logged.
        world.flush(way, vec![sync(1, What::Succeed)]);
        world.claim(
            world.log.ended() == [1],
            "the effect was to find its resource",
        );
    }
}

pub(in crate::testing::suite) fn an_effect_finds_its_origin(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let scope = world.scope().origin(Origin::new("POST /orders/{id}"));
        world.flush_in(scope, way, vec![sync(1, What::NoteOrigin)]);
        let what = "the effect was to find the origin of its intent in its scope";
        world.claim(world.log.notes() == ["POST /orders/{id}"], what);
    }
}

pub(in crate::testing::suite) fn many_threads_may_flush_at_once(make: Make<'_>) {
    let world = World::new(make);
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let world = &world;
            threads.spawn(move || {
                let open = world.scope().open();
                let first = thread * 10;
                world.enqueue(
                    &open,
                    (first..first + 10)
                        .map(|n| sync(n, What::Succeed))
                        .collect(),
                );
                let ended = open.flush();
                world.claim(ended.is_ok(), "a flush beside others has failed");
            });
        }
    });
    drop(world.finish_deliveries());
    let mut ended = world.log.ended();
    ended.sort_unstable();
    let all = ended == (0..80).collect::<Vec<_>>();
    world.claim(
        all,
        "of the effects 0 to 79, flushed by 8 threads, each was to be performed once",
    );
}
