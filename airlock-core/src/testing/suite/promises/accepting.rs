//! Promises about an executor before anything is dispatched: its name and `accepts`.

use std::time::Duration;

use crate::enqueue::{EnqueueErrorKind, try_enqueue};
use crate::intent::IntoIntent;
use crate::testing::suite::effects::{What, awaited, bulk, once, patient, sync};
use crate::testing::suite::promises::Make;
use crate::testing::suite::world::{Numbered, World};

pub(in crate::testing::suite) fn it_has_a_name(make: Make<'_>) {
    let world = World::new(make);
    let name = world.subject.executor.name();
    world.claim(
        !name.trim().is_empty(),
        "its name is empty, and reports show it",
    );
}

pub(in crate::testing::suite) fn it_accepts_an_ordinary_intent(make: Make<'_>) {
    let world = World::new(make);
    let ordinary = [
        sync(1, What::Succeed),
        awaited(2, What::Succeed),
        patient(3, What::Succeed),
        bulk(4),
        once(5, What::Succeed),
    ];
    for Numbered { intent, .. } in ordinary {
        let refusal = world.subject.executor.accepts(&intent).err();
        let (id, reason) = (intent.effect().id(), refusal.as_deref().unwrap_or_default());
        let what = format!("it refuses an intent of `{id}` without any option: {reason}");
        world.claim(refusal.is_none(), &what);
    }
}

pub(in crate::testing::suite) fn accepting_has_no_consequences(make: Make<'_>) {
    let world = World::new(make);
    let intent = sync(1, What::Succeed)
        .intent
        .after(Duration::from_secs(3600));
    let answers = [1, 2, 3].map(|_| world.subject.executor.accepts(&intent));
    let same = answers.iter().all(|answer| *answer == answers[0]);
    world.claim(
        same,
        "asked again about one intent, `accepts` gives another answer",
    );
    drop(world.finish_deliveries());
    world.claim(world.log.began().is_empty(), "`accepts` performs");
}

/// An executor that cannot delay must reject the intent at the enqueue. An accepted delay is checked only
/// for executors that perform in place: after a hand-over, whatever performs the intent controls its time.
pub(in crate::testing::suite) fn a_delay_is_refused_at_enqueue_or_kept(make: Make<'_>) {
    let world = World::new(make);
    let open = world.scope().open();
    let later = sync(1, What::Succeed)
        .intent
        .after(Duration::from_secs(3600));
    match open.enter(|| try_enqueue(later)) {
        Err(error) => {
            let says_why = match error.kind() {
                EnqueueErrorKind::NotAccepted { reason, .. } => !reason.trim().is_empty(),
                _ => false,
            };
            world.claim(says_why, "it refuses a delay and does not say why");
        }
        Ok(_) if !world.performs_in_place() => {}
        Ok(_) => {
            drop(open.flush()); // It may fail now, and then says so.
            let kept = world.log.began().is_empty();
            world.claim(kept, "it accepts a delay and performs at once");
        }
    }
}
