//! Applying plans.

use std::future::Future;
use std::sync::{Arc, Mutex};

use airlock::executor::Recorder;
use airlock::plan::{Applied, Apply, ApplyError, Keys, Plan, Progress};
use airlock::{Airlock, BoxError};

use crate::effects::{World, pay};

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("it starts").block_on(future)
}

fn apply(world: &World) -> Result<Applied, ApplyError> {
    block_on(Apply::new(&world.path).run(&world.airlock))
}

#[track_caller]
fn counts(applied: &Applied) -> (usize, usize, usize) {
    (
        applied.dispatched,
        applied.done_before,
        applied.failed.len(),
    )
}

#[test]
fn exactly_the_planned_intents_are_performed_with_their_ids() {
    let world = World::new();
    world.plan([3, 1, 2]);
    let applied = apply(&world).expect("it fits");
    assert_eq!(counts(&applied), (3, 0, 0));
    assert_eq!(world.shipped(), [3, 1, 2]);
    for (line, performed) in world.lines()[1..].iter().zip(world.log.lines()) {
        let id = performed.rsplit(' ').next().expect("it has an id");
        assert!(line.contains(&format!(r#""id":"{id}""#)), "{line}");
    }
    let again = apply(&world).expect("it fits");
    assert_eq!(counts(&again), (0, 3, 0));
    assert_eq!(world.shipped().len(), 3);
}

#[test]
fn an_executor_of_the_airlock_takes_them_with_their_ids() {
    let world = World::new();
    world.plan([1]);
    let recorder = Recorder::new();
    let builder = Airlock::builder().executor(recorder.clone());
    let airlock = builder
        .skip_resource_check()
        .build()
        .expect("it is complete");
    block_on(Apply::new(&world.path).run(&airlock)).expect("it fits");
    let deliveries = recorder.take();
    let id = deliveries[0].intents()[0].uuid().to_string();
    assert!(world.lines()[1].contains(&id));
    assert!(world.shipped().is_empty());
}

#[test]
fn a_stopped_application_goes_on_where_it_stopped() {
    let world = World::new();
    world.plan(1..=250);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noted, asked) = (seen.clone(), seen.clone());
    let stopping = Apply::new(&world.path)
        .on_progress(move |it: &Progress| noted.lock().expect("no panic").push(it.to_string()))
        .stop_when(move || asked.lock().expect("no panic").len() == 1);
    let applied = block_on(stopping.run(&world.airlock)).expect("it fits");
    assert!(applied.stopped);
    assert_eq!(counts(&applied), (99, 0, 1)); // 13 is unlucky
    assert_eq!(
        *seen.lock().expect("no panic"),
        ["99 of 250 done, 1 failed"]
    );

    world.log.add("mend");
    let rest = apply(&world).expect("it fits");
    assert!(!rest.stopped);
    assert_eq!(counts(&rest), (151, 99, 0));
    let mut shipped = world.shipped();
    shipped.sort_unstable();
    shipped.dedup();
    assert_eq!(shipped, (1..=250).collect::<Vec<_>>());
}

#[test]
fn an_effect_that_fails_does_not_stop_the_others_and_is_tried_again() {
    let world = World::new();
    world.plan([12, 13, 14]);
    let applied = apply(&world).expect("it fits");
    assert_eq!(counts(&applied), (2, 0, 1));
    let text = applied.to_string();
    assert!(
        text.starts_with("2 dispatched, 0 before, 1 failed\n  plan.ship "),
        "{text}"
    );
    assert!(
        text.contains(": the effect returned an error: unlucky\n"),
        "{text}"
    );
    world.log.add("mend");
    assert_eq!(counts(&apply(&world).expect("it fits")), (1, 2, 0));
    assert_eq!(world.shipped(), [12, 13, 14, 13]);
}

#[test]
fn sealed_arguments_are_opened_by_the_keys() {
    let world = World::new();
    let plan = Plan::new(&world.path).keys(Keys::new([1; 32]));
    let code = || Ok::<_, BoxError>(_ = airlock::enqueue(pay(1, "4711".to_owned())));
    plan.write(code).expect("it can be written");
    let without = apply(&world).expect_err("there are no keys");
    assert!(
        without
            .to_string()
            .contains("`card` of `plan.pay` cannot be opened"),
        "{without}"
    );
    let with = Apply::new(&world.path).keys(Keys::new([1; 32]));
    let applied = block_on(with.run(&world.airlock)).expect("it has the keys");
    assert_eq!(counts(&applied), (1, 0, 0));
    assert_eq!(world.log.lines(), ["pay 1 4711"]);
}

/// Changes the plan's text, and returns the message with which it is refused. Nothing is performed.
fn refused(change: impl Fn(String) -> String) -> String {
    let world = World::new();
    world.plan([1, 2]);
    let text = std::fs::read_to_string(&world.path).expect("it was written");
    std::fs::write(&world.path, change(text)).expect("it can be written");
    let error = apply(&world).expect_err("it is wrong");
    assert!(world.log.lines().is_empty());
    let source = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn a_plan_that_does_not_fit_is_refused_as_a_whole() {
    let text = refused(|text| text.replace(r#""type":"u64""#, r#""type":"u32""#));
    let wrong = "the plan does not fit this program: the arguments of `plan.ship` were (order: u32), and are (order: u64); make the plan again";
    assert!(text.starts_with(wrong), "{text}");
    let text = refused(|text| text.replace(r#""type":"u64""#, r#""type":"u64","default":true"#));
    assert!(text.contains(r#""default":true"#), "{text}");
    let text = refused(|text| text.replace("plan.ship", "plan.sail"));
    assert!(text.contains("it has no effect `plan.sail`"), "{text}");
    let text = refused(|text| text.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert!(text.contains("announces 2 intents, and it has 1"), "{text}");
    let text = refused(|text| text.replace(r#"{"order":2}"#, r#"{"order":"two"}"#));
    assert!(
        text.contains("line 3 of the plan cannot be decoded"),
        "{text}"
    );
    let text = refused(|text| text.replace(r#""airlock_plan":1"#, r#""airlock_plan":2"#));
    assert!(text.contains("it has the format 2"), "{text}");
    let text = refused(|_| "a list of orders\n".to_owned());
    assert!(text.contains("line 1: not the header of a plan"), "{text}");
}

#[test]
fn a_plan_is_applied_by_one_process_at_a_time() {
    let world = World::new();
    world.plan(1..=150);
    let (path, airlock) = (world.path.clone(), world.airlock.clone());
    let outer = Apply::new(&world.path).on_progress(move |_| {
        let second = block_on_elsewhere(Apply::new(&path), &airlock);
        assert!(matches!(second, Err(ApplyError::InUse(_))), "{second:?}");
    });
    block_on(outer.run(&world.airlock)).expect("it fits");
}

/// Applies on another thread, since a runtime cannot run within another.
fn block_on_elsewhere(apply: Apply, airlock: &Airlock) -> Result<Applied, ApplyError> {
    let airlock = airlock.clone();
    let thread = std::thread::spawn(move || block_on(apply.run(&airlock)));
    thread.join().expect("it does not panic")
}

#[test]
fn a_record_that_a_crash_cut_off_repeats_the_last_intent() {
    let world = World::new();
    world.plan([1, 2]);
    apply(&world).expect("it fits");
    let done = world.path.with_extension("plan.done");
    let text = std::fs::read_to_string(&done).expect("it was written");
    std::fs::write(&done, &text[..text.len() - 5]).expect("it can be written");
    assert_eq!(counts(&apply(&world).expect("it fits")), (1, 1, 0));
    assert_eq!(world.shipped(), [1, 2, 2]);
    assert_eq!(counts(&apply(&world).expect("it fits")), (0, 2, 0));
}

#[test]
fn a_hundred_thousand_orders_are_planned_and_applied() {
    let world = World::new();
    let planned = world.plan((1..=100_000).map(|order| order + 13));
    assert_eq!(planned.summary.len(), 100_000);
    let applied = apply(&world).expect("it fits");
    assert_eq!(counts(&applied), (100_000, 0, 0));
    assert_eq!(world.shipped().len(), 100_000);
}
