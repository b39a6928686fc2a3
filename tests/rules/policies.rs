//! R10 to R12: policies, and the behaviour of each built-in one.

use std::sync::{Arc, Mutex};

use airlock::lifecycle::ReleaseAll;
use airlock::policy::{
    EffectFilter, Policy, ScopeView, Verdict, Veto, allow_all, allow_if, allow_only,
    assert_no_effects, block, cap, dedupe, dedupe_by, drop_all, limit,
};
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, Fate, Intent, IntoKey, try_enqueue};

use crate::fixture::{Charge, Mail, charge, fates, logged, mail};

/// A policy that logs each call.
struct Watching(&'static str, Arc<Mutex<Vec<String>>>);

impl Policy for Watching {
    fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        self.1
            .lock()
            .expect("no panic")
            .push(format!("{} enqueue", self.0));
        Ok(())
    }

    fn at_flush(&self, _: &Intent) -> Verdict {
        self.1
            .lock()
            .expect("no panic")
            .push(format!("{} flush", self.0));
        Verdict::Allow
    }
}

#[test]
fn r10_every_policy_of_the_stack_is_asked_innermost_first() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let watching = |name| Watching(name, asked.clone());
    logged(|_| {
        airlock::scope()
            .policy(watching("outer"))
            .run_infallible(|_| {
                airlock::policy(watching("local")).run(|| {
                    airlock::scope()
                        .policy(watching("inner"))
                        .run_infallible(|_| airlock::enqueue(mail(1)))
                        .expect("captured");
                });
            })
            .expect("it succeeds");
    });
    let asked = asked.lock().expect("no panic").clone();
    let expected = [
        "inner enqueue",
        "local enqueue",
        "outer enqueue",
        "inner flush",
        "local flush",
        "outer flush",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn r10_the_first_veto_wins_and_nothing_is_buffered() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    logged(|_| {
        airlock::scope()
            .policy(Watching("outer", asked.clone()))
            .run_infallible(|scope| {
                airlock::policy(block::<Mail>().reject()).run(|| {
                    let error = try_enqueue(mail(1)).expect_err("vetoed");
                    assert!(matches!(error.kind(), EnqueueErrorKind::Vetoed { policy, .. } if policy.starts_with("block(")));
                });
                assert!(scope.is_empty());
            })
            .expect("it succeeds");
    });
    assert!(asked.lock().expect("no panic").is_empty());
}

#[test]
fn r10_a_scope_that_releases_an_intent_gives_up_its_judgement_but_local_ones_stay() {
    let log = logged(|_| {
        airlock::scope()
            .lifecycle(ReleaseAll)
            .policy(drop_all())
            .run_infallible(|_| {
                airlock::scope()
                    .run_infallible(|_| airlock::enqueue(mail(1)))
                    .expect("released");
                airlock::policy(block::<Mail>()).run(|| {
                    let report = airlock::scope()
                        .run_infallible(|_| airlock::enqueue(mail(2)))
                        .expect("judged by the local policy")
                        .report;
                    assert_eq!(fates(&report), ["mail dropped"]);
                });
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r10_the_airlocks_policy_is_around_all_scopes() {
    let log = crate::fixture::Log::default();
    let airlock = crate::fixture::builder(&log)
        .policy(block::<Mail>())
        .build()
        .expect("it builds");
    airlock.run(|| {
        let scope = airlock::scope().policy(allow_all());
        let report = scope.run_infallible(|_| {
            airlock::enqueue(mail(1));
            airlock::enqueue(charge(2));
        });
        assert_eq!(
            fates(&report.expect("it succeeds").report),
            ["mail dropped", "charge dispatched"]
        );
    });
    assert_eq!(log.lines(), ["charge 2"]);
}

#[test]
fn r11_a_policy_that_enqueues_is_refused_at_its_line() {
    struct Meddling;
    impl Policy for Meddling {
        fn at_flush(&self, _: &Intent) -> Verdict {
            let error = try_enqueue(mail(9)).expect_err("policies judge");
            assert_eq!(*error.kind(), EnqueueErrorKind::WhileJudging);
            assert!(error.location().file().ends_with("policies.rs"));
            let inner = airlock::scope().run_infallible(|_| try_enqueue(mail(9)).is_err());
            assert!(inner.expect("nothing was enqueued").value);
            Verdict::Allow
        }
    }
    let log = logged(|_| {
        airlock::scope()
            .policy(Meddling)
            .run_infallible(|_| airlock::enqueue(mail(1)))
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r12_the_buffer_shows_what_a_policy_will_drop() {
    let log = logged(|_| {
        let report = airlock::scope()
            .policy(drop_all())
            .run_infallible(|scope| {
                airlock::enqueue(mail(1));
                assert_eq!(scope.count::<Mail>(), 1);
                let table = scope.snapshot().to_string();
                assert!(
                    table.contains("Mail { n: 1 }") && table.contains("policies.rs:"),
                    "{table}"
                );
            })
            .expect("dropped, not failed")
            .report;
        let text = report.to_string();
        assert!(
            text.contains("dropped") && text.contains("by drop_all"),
            "{text}"
        );
    });
    assert!(log.is_empty());
}

/// Returns those of mail 1, charge 2, mail 3 and charge 4 that the policy lets pass.
fn passing(policy: impl Policy) -> Vec<String> {
    logged(|_| {
        airlock::scope()
            .policy(policy)
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(charge(2));
                airlock::enqueue(mail(3));
                airlock::enqueue(charge(4));
            })
            .expect("nothing fails");
    })
}

#[test]
fn built_in_policies_do_what_they_say() {
    assert_eq!(passing(allow_all()).len(), 4);
    assert!(passing(drop_all()).is_empty());
    assert_eq!(passing(block::<Mail>()), ["charge 2", "charge 4"]);
    assert!(passing(block::<(Mail, Charge)>()).is_empty());
    assert_eq!(passing(allow_only::<Mail>()), ["mail 1", "mail 3"]);
    assert_eq!(passing(limit(3)), ["mail 1", "charge 2", "mail 3"]);
    assert_eq!(
        passing(|intent: &Intent| intent.is::<Mail>()),
        ["mail 1", "mail 3"]
    );
    assert_eq!(
        passing(allow_if(|intent| intent.is::<Charge>())),
        ["charge 2", "charge 4"]
    );
    assert_eq!(
        passing(dedupe_by(|it| Some(it.effect().id().into_key()))),
        ["mail 3", "charge 4"]
    );
    let first = dedupe_by(|it| Some(it.effect().id().into_key())).keep_first();
    assert_eq!(passing(first), ["mail 1", "charge 2"]);
    assert_eq!(passing(airlock::policy::log_on_flush()).len(), 4);
}

#[test]
fn combinators_do_what_they_say() {
    assert_eq!(passing(block::<Mail>().and(limit(1))), ["charge 2"]);
    assert_eq!(
        passing(allow_only::<Mail>().or(limit(1))),
        ["mail 1", "charge 2", "mail 3"]
    );
    assert_eq!(
        passing(allow_only::<Mail>().not()),
        ["charge 2", "charge 4"]
    );
    assert_eq!(passing((limit(3), block::<Mail>())), ["charge 2"]);
    assert_eq!(passing(vec![limit(3), limit(2)]), ["mail 1", "charge 2"]);
    assert_eq!(
        passing(assert_no_effects().not().and(limit(2))),
        ["mail 1", "charge 2"]
    );
}

#[test]
fn dedupe_goes_by_the_keys_of_intents() {
    let log = logged(|_| {
        airlock::scope()
            .policy(dedupe().keep_first())
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(charge(2).with_key("a"));
                airlock::enqueue(charge(3).with_key("a"));
                airlock::enqueue(mail(4).with_key("a"));
            })
            .expect("nothing fails");
    });
    assert_eq!(log, ["mail 1", "charge 2", "mail 4"]);
}

#[test]
fn cap_vetoes_when_the_buffer_is_full() {
    logged(|_| {
        airlock::scope()
            .policy(cap(2))
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(mail(2));
                let error = try_enqueue(mail(3)).expect_err("full");
                assert!(error.to_string().contains("holds 2 intents"), "{error}");
            })
            .expect("nothing fails");
    });
}

#[test]
fn a_misspelt_id_or_tag_is_an_error_at_construction() {
    let id = Mail::DESCRIPTOR.id();
    assert!(block::<()>().id(id).is_ok());
    let wrong = id.replace("mail", "maill");
    let error = allow_only::<()>().id(&wrong).expect_err("misspelt");
    assert!(
        error.to_string().contains(&format!("did you mean `{id}`?")),
        "{error}"
    );
    assert!(block::<()>().tag("no such tag").is_err());
}

#[test]
fn a_policy_that_is_chosen_at_run_time_is_asked_as_itself() {
    let fate_under = |policy: Box<dyn Policy>| {
        let scope = airlock::scope().policy(policy);
        let ended = scope.run_infallible(|_| airlock::enqueue(mail(1)));
        ended.map(|ended| fates(&ended.report).concat())
    };
    logged(|_| {
        assert_eq!(
            fate_under(Box::new(drop_all())).expect("nothing fails"),
            "mail dropped"
        );
        let none: Option<EffectFilter> = None;
        assert_eq!(
            fate_under(Box::new(none)).expect("nothing fails"),
            "mail dispatched"
        );
        assert_eq!(
            fate_under(Box::new(Some(limit(0)))).expect("nothing fails"),
            "mail dropped"
        );
    });
    let refused = airlock::scope()
        .policy(Box::new(Some(assert_no_effects())) as Box<dyn Policy>)
        .run_infallible(|_| try_enqueue(mail(1)).err());
    let refusal = refused.expect("nothing is flushed").value;
    assert!(matches!(
        refusal.expect("it is vetoed").kind(),
        EnqueueErrorKind::Vetoed { policy, .. } if policy == "assert_no_effects"
    ));
}

/// A report that names `(a and b)` leaves open which of them to look at.
#[test]
fn r11_of_several_policies_the_one_that_dropped_or_vetoed_is_named() {
    let dropped = |policy: Box<dyn Policy>| {
        let scope = airlock::scope().policy(policy);
        let ended = scope.run_infallible(|_| airlock::enqueue(mail(1)));
        let report = ended.expect("it succeeds").report;
        match report.entries()[0].fate() {
            Fate::Dropped(dropped) => dropped.policy.clone(),
            fate => panic!("{fate}"),
        }
    };
    let none = || block::<Mail>();
    assert_eq!(dropped(Box::new(allow_all().and(drop_all()))), "drop_all");
    assert_eq!(
        dropped(Box::new((allow_all(), (drop_all(), none())))),
        "drop_all"
    );
    assert_eq!(dropped(Box::new(vec![drop_all(), drop_all()])), "drop_all");
    // Both had to refuse it.
    let either = drop_all().and(allow_all()).or(drop_all());
    assert_eq!(
        dropped(Box::new(either)),
        "((drop_all and allow_all) or drop_all)"
    );

    let scope = airlock::scope().policy((allow_all(), assert_no_effects()));
    let ended = scope.run_infallible(|_| try_enqueue(mail(1)).expect_err("it is vetoed"));
    let vetoed = ended.expect("it succeeds").value;
    match vetoed.kind() {
        EnqueueErrorKind::Vetoed { policy, .. } => assert_eq!(policy, "assert_no_effects"),
        kind => panic!("{kind}"),
    }
}

#[test]
fn r10_a_policy_judges_intents_of_several_places_in_the_order_of_the_buffer() {
    let judged = Arc::new(Mutex::new(Vec::new()));
    let seen = judged.clone();
    let watch = move |intent: &Intent| {
        let n = intent.downcast_ref::<Mail>().map(|mail| mail.n);
        seen.lock().expect("no panic").extend(n);
        true
    };
    let place = || airlock::policy(allow_if(|_| true));
    logged(|_| {
        let ended = airlock::scope().policy(watch).run_infallible(|_| {
            place().run(|| {
                airlock::enqueue(mail(1));
                place().run(|| _ = airlock::enqueue(mail(2)));
                airlock::enqueue(mail(3));
            });
            airlock::enqueue(mail(4));
            place().run(|| _ = airlock::enqueue(mail(5)));
            airlock::enqueue(mail(6));
        });
        ended.expect("it succeeds");
    });
    assert_eq!(*judged.lock().expect("no panic"), [1, 2, 3, 4, 5, 6]);
}
