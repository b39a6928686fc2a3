//! Promises about intents that fail, and about those after them.

use crate::testing::suite::effects::{What, awaited, hurried, once, patient, secret, sync};
use crate::testing::suite::promises::Make;
use crate::testing::suite::world::{Numbered, WAYS, Way, World, carrying_on};

fn one_that_fails() -> Vec<Numbered> {
    vec![
        sync(1, What::Succeed),
        sync(2, What::Fail),
        sync(3, What::Succeed),
    ]
}

pub(in crate::testing::suite) fn a_failure_is_told_once_and_handed_back(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush_in(carrying_on(world.scope()), way, one_that_fails());
        let what = format!("2 should fail once; reported as failed: {:?}", told.failed);
        world.claim(told.failed == [2], &what);
        let what = format!(
            "2 should be handed back once; handed back: {:?}",
            told.returned
        );
        world.claim(told.returned == [2], &what);
        let attempts = world.log.began().iter().filter(|n| **n == 2).count();
        let what = "2 has failed and was performed again; an executor that means to says so: `Subject::repeats`";
        world.claim(attempts == 1 || world.subject.repeats, what);
    }
}

/// Checked only for executors that perform in place. The fate of an intent that is handed over is decided
/// at the hand-over.
pub(in crate::testing::suite) fn a_failure_stops_what_comes_after_it(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        if !world.performs_in_place() {
            return;
        }
        let told = world.flush(way, one_that_fails());
        let fates = [(1, "dispatched"), (2, "failed"), (3, "not reached")];
        let what = format!("a flush that stops at a failure reports {:?}", told.fates());
        world.claim(told.fates() == fates, &what);
        world.claim(
            world.log.ended() == [1],
            "3 stands behind a failure and was performed",
        );
        world.claim(
            told.returned == [2, 3],
            "2 and 3 were to be handed back, in order",
        );
    }
}

pub(in crate::testing::suite) fn a_flush_that_carries_on_reaches_the_rest(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        world.flush_in(carrying_on(world.scope()), way, one_that_fails());
        let mut ended = world.log.ended();
        ended.sort_unstable();
        world.claim(
            ended == [1, 3],
            "1 and 3 were to be performed although 2 fails",
        );
    }
}

pub(in crate::testing::suite) fn a_panic_of_an_effect_is_contained(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let panics = match way {
            Way::Sync => sync(1, What::Panic),
            Way::Async => awaited(1, What::Panic),
        };
        let intents = vec![panics, sync(2, What::Succeed)];
        let told = world.flush_in(carrying_on(world.scope()), way, intents);
        world.claim(
            told.failed == [1],
            "1 panics, and was to be told as a failure",
        );
        world.claim(
            world.log.ended() == [2],
            "2 was to be performed although 1 panics",
        );
        let says_so = told.text.contains("it was told to panic");
        world.claim(says_so, "the message of the panic was to be told");
    }
}

pub(in crate::testing::suite) fn it_serves_again_after_a_failure(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        world.flush(way, vec![sync(1, What::Fail)]);
        world.flush(way, vec![sync(2, What::Panic)]);
        let told = world.flush(way, vec![sync(3, What::Succeed)]);
        let what = "3 was to be performed by the flush after two that failed";
        world.claim(world.log.ended() == [3] && told.failed.is_empty(), what);
    }
}

pub(in crate::testing::suite) fn an_effects_own_retries_are_kept_to(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush(way, vec![patient(1, What::FailTwice)]);
        let what = "1 declares three attempts and succeeds at the third";
        world.claim(world.log.ended() == [1] && told.failed.is_empty(), what);
        let world = World::new(make);
        world.flush(way, vec![patient(2, What::Fail)]);
        let attempts = world.log.began().len();
        let what = format!("2 declares three attempts and was performed {attempts} times");
        world.claim(
            attempts == 3 || (world.subject.repeats && attempts > 3),
            &what,
        );
    }
}

pub(in crate::testing::suite) fn an_effects_own_timeout_is_kept_to(make: Make<'_>) {
    let world = World::new(make);
    let told = world.flush(Way::Async, vec![hurried(1, What::Wait)]);
    let what = "1 takes longer than the timeout that it declares, and was to be told as a failure";
    world.claim(told.failed == [1], what);
    world.claim(
        told.text.contains("took longer than"),
        "the failure of 1 was to be its timeout",
    );
    world.log.open();
    world.finish_deliveries();
    let what = "1 was to be dropped at its timeout, and ran on";
    world.claim(world.log.ended().is_empty(), what);
}

pub(in crate::testing::suite) fn a_once_effect_is_never_repeated(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush(way, vec![once(1, What::Fail)]);
        world.claim(
            world.log.began() == [1],
            "1 is declared `once`, and was to begin once",
        );
        world.claim(told.failed.len() == 1, "its failure was to be told, once");
        world.claim(
            told.returned.is_empty(),
            "its arguments are used up and cannot be handed back",
        );
    }
}

pub(in crate::testing::suite) fn a_redacted_argument_stays_out_of_errors(make: Make<'_>) {
    for way in WAYS {
        let world = World::new(make);
        let told = world.flush(way, vec![secret(1, "pa55word")]);
        world.claim(told.failed == [1], "1 was to fail");
        let what = "a report or an error shows an argument that the effect redacts";
        world.claim(!told.text.contains("pa55word"), what);
    }
}
