//! Making plans.

use airlock::executor::Recorder;
use airlock::plan::{Keys, Plan, PlanError};
use airlock::policy::{Verdict, block, drop_all};
use airlock::prelude::*;
use airlock::{BoxError, FlushError, Intent};

use crate::effects::{Track, World, fleeting, pay, ship, track};

#[airlock::boundary]
fn checkout(order: u64) -> Result<(), FlushError> {
    airlock::enqueue(ship(order));
    airlock::enqueue(track("/thanks".to_owned()));
    Ok(())
}

#[test]
fn nothing_is_performed_and_each_intent_is_a_line() {
    let world = World::new();
    let planned = world.plan([1, 2]);
    assert!(world.log.lines().is_empty());
    let lines = world.lines();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].starts_with(r#"{"airlock_plan":1,"name":"backfill","made":""#),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].contains(r#""effect":"plan.ship","args":{"order":1}"#),
        "{}",
        lines[1]
    );
    assert!(
        lines[1].contains("planning.rs") || lines[1].contains("effects.rs"),
        "{}",
        lines[1]
    );
    let text = planned.summary.to_string();
    assert!(
        text.starts_with("2 intents planned\n          2  plan.ship, from "),
        "{text}"
    );
}

#[test]
fn boundaries_are_captured_and_policies_judge() {
    let world = World::new();
    let because = |intent: &Intent| match intent.is::<Track>() {
        true => Verdict::drop_because("a back-fill is not a visit"),
        false => Verdict::Allow,
    };
    struct NoTracking<F>(F);
    impl<F: Fn(&Intent) -> Verdict + Send + Sync + 'static> airlock::policy::Policy for NoTracking<F> {
        fn at_flush(&self, intent: &Intent) -> Verdict {
            (self.0)(intent)
        }
    }
    let planned = airlock::policy(NoTracking(because)).run(|| {
        Plan::new(&world.path).write(|| {
            checkout(1)?;
            airlock::policy(drop_all()).run(|| checkout(2))?;
            checkout(3)
        })
    });
    let summary = planned.expect("it can be written").summary;
    let effects: Vec<_> = summary
        .effects
        .iter()
        .map(|it| (&*it.effect, it.count))
        .collect();
    assert_eq!(effects, [("plan.ship", 2)]);
    let dropped = summary
        .dropped
        .iter()
        .map(|it| (&*it.effect, &*it.policy, it.reason.as_deref(), it.count));
    assert_eq!(
        dropped.collect::<Vec<_>>(),
        [
            ("plan.ship", "drop_all", None, 1),
            (
                "plan.track",
                "NoTracking",
                Some("a back-fill is not a visit"),
                2
            ),
            ("plan.track", "drop_all", None, 1),
        ]
    );
    let text = summary.to_string();
    assert!(
        text.contains("2  plan.track, dropped by NoTracking: a back-fill is not a visit\n"),
        "{text}"
    );
}

#[test]
fn an_executor_in_the_code_gets_nothing() {
    let world = World::new();
    let recorder = Recorder::new();
    let planned = Plan::new(&world.path).write(|| {
        let scope = airlock::scope().executor(recorder.clone());
        scope.run(|_| Ok::<_, FlushError>(_ = airlock::enqueue(ship(1))))
    });
    assert_eq!(planned.expect("it can be written").summary.len(), 1);
    assert!(recorder.is_empty());
}

#[test]
fn async_code_is_planned_too() {
    let world = World::new();
    let plan = Plan::new(&world.path).name("shipments").write_async(async {
        tokio::task::yield_now().await;
        airlock::enqueue(ship(1).with_header("tenant", "acme"));
        Ok::<_, BoxError>(7)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let planned = runtime
        .expect("it starts")
        .block_on(plan)
        .expect("it can be written");
    assert_eq!((planned.value, planned.summary.len()), (7, 1));
    let lines = world.lines();
    assert!(lines[0].contains(r#""name":"shipments""#), "{}", lines[0]);
    assert!(
        lines[1].contains(r#""headers":{"tenant":"acme"}"#),
        "{}",
        lines[1]
    );
}

#[test]
fn code_that_fails_leaves_no_file() {
    let world = World::new();
    let planned = Plan::new(&world.path).write(|| {
        airlock::enqueue(ship(1));
        Err::<(), _>("no database")
    });
    let error = planned.expect_err("the code failed");
    assert!(matches!(&error, PlanError::Code(source) if source.to_string() == "no database"));
    assert!(!world.path.exists());
}

#[test]
fn what_cannot_be_written_down_is_an_error_that_says_so() {
    let world = World::new();
    let plan = |code: fn()| {
        let planned = Plan::new(&world.path).write(|| {
            code();
            Ok::<_, BoxError>(())
        });
        planned.expect_err("it cannot be written down").to_string()
    };
    let text = plan(|| _ = airlock::enqueue(fleeting(1)));
    assert!(
        text.contains("declare it `#[airlock::effect(durable)]`"),
        "{text}"
    );
    let text = plan(|| _ = airlock::enqueue(pay(1, "4711".to_owned())));
    assert!(text.contains("`plan.pay` redacts `card`"), "{text}");
    assert!(!world.path.exists());
}

#[test]
fn redacted_arguments_are_sealed() {
    let world = World::new();
    let plan = Plan::new(&world.path).keys(Keys::new([1; 32]));
    let planned = plan.write(|| Ok::<_, BoxError>(_ = airlock::enqueue(pay(1, "4711".to_owned()))));
    planned.expect("it can be written");
    let line = &world.lines()[1];
    assert!(line.contains("$sealed") && !line.contains("4711"), "{line}");
}

#[test]
fn a_policy_around_the_code_may_veto() {
    let world = World::new();
    let planned = Plan::new(&world.path).write(|| {
        let refused = airlock::policy(block::<Track>().reject())
            .run(|| airlock::try_enqueue(track("/".to_owned())));
        refused.map(|_| ()).map_err(|error| error.to_string())
    });
    let error = planned.expect_err("the code returns the veto");
    assert!(
        matches!(&error, PlanError::Code(source) if source.to_string().contains("vetoes it")),
        "{error:?}"
    );
}
