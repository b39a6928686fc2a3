//! R4, continued: an intent knows the origin of the work that enqueued it.

use std::sync::{Arc, Mutex};

use airlock::executor::Recorder;
use airlock::prelude::*;
use airlock::{Airlock, FlushError, Origin};

use crate::fixture::{Log, Mail, block_on, builder, fail, logged, mail, order};

fn origin_of(scope: &airlock::Scope) -> Vec<Option<String>> {
    scope.inspect(|intents| {
        let origins = intents.iter().map(|intent| intent.origin());
        origins
            .map(|origin| origin.map(ToString::to_string))
            .collect()
    })
}

#[test]
fn r04_an_intent_carries_the_origin_of_its_scope() {
    let scope = airlock::scope().origin(Origin::new("import")).enter();
    airlock::enqueue(mail(1));
    airlock::enqueue(mail(2).with_priority(1));
    assert_eq!(
        origin_of(&scope),
        [Some("import".into()), Some("import".into())]
    );
    scope.discard();
}

#[test]
fn r04_without_an_origin_an_intent_has_none() {
    let scope = airlock::scope().enter();
    airlock::enqueue(mail(1));
    assert_eq!(origin_of(&scope), [None]);
    assert!(scope.origin().is_none());
    scope.discard();
}

#[test]
fn r04_the_nearest_origin_is_taken_and_stays_through_capture() {
    let outer = airlock::scope().origin(Origin::new("outer")).enter();
    let plain = airlock::scope().enter();
    airlock::enqueue(mail(1));
    plain.flush().expect("captured");
    let named = airlock::scope().origin(Origin::new("inner")).enter();
    airlock::enqueue(mail(2));
    named.flush().expect("captured");
    assert_eq!(
        origin_of(&outer),
        [Some("outer".into()), Some("inner".into())]
    );
    outer.discard();
}

#[test]
fn r04_a_policy_sees_the_origin_at_enqueue() {
    struct Seen(Arc<Mutex<Vec<String>>>);
    impl airlock::policy::Policy for Seen {
        fn at_enqueue(
            &self,
            intent: &airlock::Intent,
            _: &airlock::policy::ScopeView<'_>,
        ) -> Result<(), airlock::policy::Veto> {
            let origin = intent.origin().map(ToString::to_string);
            self.0.lock().expect("no panic").extend(origin);
            Ok(())
        }
    }
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let scope = airlock::scope().policy(Seen(seen.clone()));
    let scope = scope.origin(Origin::new("a request")).enter();
    airlock::enqueue(mail(1));
    scope.discard();
    assert_eq!(*seen.lock().expect("no panic"), ["a request"]);
}

#[test]
fn r04_a_cascade_has_the_origin_of_what_caused_it() {
    logged(|_| {
        let ended = airlock::scope()
            .origin(Origin::new("checkout"))
            .run_infallible(|_| airlock::enqueue(order(1)))
            .expect("it succeeds");
        let caused = &ended.report.cascades()[0];
        assert_eq!(
            caused.origin().map(ToString::to_string).as_deref(),
            Some("checkout")
        );
    });
}

#[airlock::effect]
fn tell_origin(#[resource] log: &Log) {
    let origin = airlock::current().and_then(|scope| scope.origin());
    log.add(origin.map_or("none".to_owned(), |origin| origin.to_string()));
}

#[test]
fn r04_an_effect_that_is_performed_by_its_captor_has_the_origin_that_it_was_enqueued_with() {
    let within = |origin: &'static str| {
        let scope = airlock::scope().origin(Origin::new(origin));
        let ended = scope.run_infallible(|_| airlock::enqueue(tell_origin()));
        ended.expect("captured");
    };
    let log = logged(|_| {
        let scope = airlock::scope().origin(Origin::new("outer"));
        let ended = scope.run_infallible(|_| {
            airlock::enqueue(tell_origin());
            within("first");
            within("second");
            airlock::enqueue(tell_origin());
        });
        ended.expect("it succeeds");
    });
    assert_eq!(log, ["outer", "first", "second", "outer"]);
}

#[airlock::effect(batch)]
fn tell_origins(numbers: Vec<u32>) {
    airlock::enqueue(mail(numbers.iter().sum()));
    airlock::enqueue(tell_origin());
}

#[test]
fn r04_what_a_batch_enqueues_has_an_origin_if_all_its_intents_share_one() {
    let ended = |origins: [&Origin; 2]| {
        logged(|_| {
            let ended = airlock::scope().run_infallible(|_| {
                for origin in origins {
                    let scope = airlock::scope().origin(origin.clone());
                    let ended = scope.run_infallible(|_| airlock::enqueue(tell_origins(1)));
                    ended.expect("captured");
                }
            });
            let report = ended.expect("it succeeds").report;
            assert_eq!(report.cascades().len(), 2, "one batch: {report}");
        })
    };
    let (one, other) = (Origin::new("one"), Origin::new("other"));
    assert_eq!(ended([&one, &one]), ["mail 2", "one"]);
    assert_eq!(ended([&one, &other]), ["mail 2", "none"]);
}

#[airlock::effect]
fn tell_trace(#[resource] log: &Log) {
    let origin = airlock::current().and_then(|scope| scope.origin());
    let trace = origin.as_ref().and_then(Origin::trace_parent);
    log.add(trace.unwrap_or("none"));
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn r04_an_effect_can_read_the_trace_parent_of_its_origin() {
    let log = logged(|_| {
        let origin = Origin::traced("checkout", Some(TRACE.into()));
        airlock::scope()
            .origin(origin)
            .run_infallible(|_| airlock::enqueue(tell_trace()))
            .expect("it succeeds");
    });
    assert_eq!(log, [TRACE]);
}

#[test]
fn r04_only_a_valid_trace_parent_is_kept() {
    let kept = |value: &str| {
        let origin = Origin::traced("checkout", Some(value.into()));
        origin.trace_parent().map(str::to_owned)
    };
    let later = format!("cc{}-more", &TRACE[2..]);
    for valid in [TRACE, later.as_str()] {
        assert_eq!(kept(valid).as_deref(), Some(valid));
    }
    for wrong in [
        String::new(),
        TRACE.to_uppercase(),
        format!("{TRACE}-more"),
        format!("ff{}", &TRACE[2..]),
        TRACE.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
        TRACE.replace("b7ad6b7169203331", &"0".repeat(16)),
        TRACE[..54].to_owned(),
        format!("cc{}-{}", &TRACE[2..], "a".repeat(300)),
    ] {
        assert_eq!(kept(&wrong), None, "{wrong}");
    }
}

#[test]
fn r04_an_effect_that_is_handed_over_still_has_its_origin() {
    let log = Log::default();
    let airlock = builder(&log).build().expect("it builds");
    let (channel, deliveries) = airlock::executor::Channel::bounded(1);
    airlock
        .run(|| {
            let origin = Origin::traced("checkout", Some(TRACE.into()));
            let scope = airlock::scope().executor(channel).origin(origin);
            scope.run_infallible(|_| airlock::enqueue(tell_trace()))
        })
        .expect("handed over");
    deliveries
        .recv()
        .expect("one")
        .perform()
        .expect("it succeeds");
    assert_eq!(log.lines(), [TRACE]);
}

#[test]
fn r04_what_is_handed_back_and_enqueued_again_keeps_its_origin() {
    let failed = |_: &Log| -> FlushError {
        airlock::scope()
            .origin(Origin::new("checkout"))
            .run_infallible(|_| airlock::enqueue(fail(1)))
            .expect_err("it fails")
    };
    logged(|log| {
        let sweeper = airlock::scope().origin(Origin::new("sweeper")).enter();
        for intent in failed_outside(log, failed) {
            airlock::enqueue(intent);
        }
        airlock::enqueue(mail(2));
        assert_eq!(
            origin_of(&sweeper),
            [Some("checkout".into()), Some("sweeper".into())]
        );
        sweeper.discard();
    });
}

/// Returns the intents that `work` hands back. It runs in a separate airlock, so no scope captures them.
fn failed_outside(log: &Log, work: impl Fn(&Log) -> FlushError) -> Vec<airlock::Intent> {
    let airlock = builder(log).build().expect("it builds");
    airlock.run(|| work(log)).into_intents()
}

#[test]
fn r04_a_refused_intent_takes_no_origin_along() {
    let vetoing = airlock::scope().policy(airlock::policy::assert_no_effects());
    let scope = vetoing.origin(Origin::new("checkout")).enter();
    let error = airlock::try_enqueue(mail(1)).expect_err("vetoed");
    assert!(error.into_intent().origin().is_none());
    scope.discard();
}

#[test]
fn r04_a_report_shows_the_origin() {
    let recorder = Recorder::new();
    let scope = airlock::scope().executor(recorder).name("request");
    let ended = scope
        .origin(Origin::new("POST /orders/{id}"))
        .run_infallible(|_| airlock::enqueue(mail(1)))
        .expect("recorded");
    let report = ended.report.to_string();
    assert!(
        report.starts_with("scope request (POST /orders/{id}), success: 1 intent\n"),
        "{report}"
    );
    assert!(ended.report.buffered()[0].is::<Mail>());
    assert!(ended.report.buffered()[0].origin().is_some());
}

fn origins_in(report: &airlock::FlushReport) -> Vec<Option<String>> {
    let origins = report.entries().iter().map(|entry| entry.origin());
    origins
        .map(|origin| origin.map(ToString::to_string))
        .collect()
}

#[test]
fn r04_the_entries_of_a_report_tell_the_origin_however_the_scope_ended() {
    let told = Arc::<Mutex<Vec<Vec<Option<String>>>>>::default();
    let log = logged(|_| {
        let tell = told.clone();
        let scope = || {
            let tell = tell.clone();
            airlock::scope()
                .origin(Origin::new("import"))
                .on_report(move |report| tell.lock().expect("no panic").push(origins_in(report)))
        };
        let plain = scope().run_infallible(|_| airlock::enqueue(mail(1)));
        assert_eq!(
            origins_in(&plain.expect("it flushes").report),
            [Some("import".into())]
        );
        let mut owned = scope().open_owned();
        owned.run(|| airlock::enqueue(mail(2)));
        let left = owned.end(airlock::lifecycle::Outcome::Success);
        if let Some(released) = left.expect("nothing fails") {
            released.dispatch().expect("nothing fails");
        }
        let failed = scope().run(|_| {
            airlock::enqueue(mail(3));
            airlock::enqueue(fail(4));
            Ok::<_, FlushError>(())
        });
        let error = failed.expect_err("it fails");
        let both = [Some("import".into()), Some("import".into())];
        assert_eq!(origins_in(error.report()), both);
    });
    assert_eq!(log, ["mail 1", "mail 2", "mail 3", "fail 4"]);
    let import = || Some("import".to_owned());
    let expected = [vec![import()], vec![import()], vec![import(), import()]];
    assert_eq!(*told.lock().expect("no panic"), expected);
}

#[test]
fn r04_a_policy_that_looks_at_the_scope_sees_the_origins_of_what_it_holds() {
    struct Seen(Arc<Mutex<Vec<Option<String>>>>);
    impl airlock::policy::Policy for Seen {
        fn at_enqueue(
            &self,
            _: &airlock::Intent,
            scope: &airlock::policy::ScopeView<'_>,
        ) -> Result<(), airlock::policy::Veto> {
            let origins = scope.inspect(|held| {
                let origins = held.iter().map(|intent| intent.origin());
                origins
                    .map(|origin| origin.map(ToString::to_string))
                    .collect::<Vec<_>>()
            });
            self.0.lock().expect("no panic").extend(origins);
            Ok(())
        }
    }
    let seen = Arc::<Mutex<Vec<Option<String>>>>::default();
    logged(|_| {
        let scope = airlock::scope().origin(Origin::new("import"));
        let ended = scope.run_infallible(|_| {
            airlock::enqueue(mail(1));
            airlock::policy(Seen(seen.clone())).run(|| airlock::enqueue(mail(2)));
        });
        ended.expect("it flushes");
    });
    assert_eq!(*seen.lock().expect("no panic"), [Some("import".into())]);
}

#[test]
fn r04_an_origin_stays_with_an_intent_that_a_scope_with_another_one_captures() {
    let log = logged(|_| {
        let outer = airlock::scope().origin(Origin::new("outer"));
        let ended = outer.run_infallible(|_| {
            let inner = airlock::scope().origin(Origin::new("inner"));
            let inner = inner.run_infallible(|_| airlock::enqueue(mail(1)));
            assert_eq!(
                origins_in(&inner.expect("captured").report),
                [Some("inner".into())]
            );
            airlock::enqueue(mail(2));
        });
        assert_eq!(
            origins_in(&ended.expect("it flushes").report),
            [Some("inner".into()), Some("outer".into())]
        );
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

/// An origin that counts how often it is formatted.
struct Counted(Arc<Mutex<u32>>);

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        *self.0.lock().expect("no panic") += 1;
        f.write_str("counted")
    }
}

#[test]
fn r04_an_origin_that_nobody_looks_at_is_not_formatted() {
    let count = Arc::new(Mutex::new(0));
    let origin = Origin::new(Counted(count.clone()));
    let recorder = Recorder::new();
    let scope = airlock::scope().executor(recorder).origin(origin);
    block_on(scope.run_infallible_async(async |_| airlock::enqueue(mail(1)))).expect("recorded");
    assert_eq!(*count.lock().expect("no panic"), 0);
}

#[test]
fn r04_an_origin_of_any_size_and_alignment_is_shown() {
    #[repr(align(64))]
    struct Wide([u64; 16]);
    impl std::fmt::Display for Wide {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "wide {}", self.0.len())
        }
    }
    assert_eq!(Origin::new(Wide([0; 16])).to_string(), "wide 16");
    let traced = Origin::traced("a".repeat(3), Some(TRACE.into()));
    assert_eq!(format!("{traced:?}"), format!("Origin(aaa, {TRACE})"));
}

#[test]
fn r04_an_origin_does_not_reach_another_airlock() {
    let outer = airlock::scope().origin(Origin::new("outer")).enter();
    let other = Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds");
    other.run(|| {
        let scope = airlock::scope().enter();
        assert!(scope.origin().is_none());
        scope.discard();
    });
    outer.discard();
}
