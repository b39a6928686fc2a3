//! The fast path, the general path, and scopes with handles behave the same, over random programs.
//!
//! These tests build their own airlocks, so they behave the same in `rules` and `rules_general`.

use std::time::Duration;

use airlock::executor::{BoxFuture, Inline, Timer};
use airlock::prelude::*;
use airlock::{Airlock, FailureMode, FlushError, FlushReport, Intent};
use proptest::prelude::*;

use crate::fixture::{Log, block_on, fail, mail, ship};

/// One step of a program.
#[derive(Clone, Debug)]
enum Step {
    Mail(Mark, u32),
    Fail(u32),
    Explode(u32),
    /// Its arguments are lost when it panics.
    ExplodeWith(u32),
    Batch(u32),
    Keyed(u32),
    Retried(u32),
    /// An async effect, which a sync scope cannot perform.
    Ship(u32),
    Cascade(Ends, Vec<Step>),
    Scope(Ends, Vec<Step>),
}

#[derive(Clone, Copy, Debug)]
enum Mark {
    Nothing,
    OnFailure,
    Always,
    Detached,
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    Well,
    InFailure,
    InPanic,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Path {
    Fast,
    General,
    Handles,
}

#[derive(Clone, Debug)]
struct Program {
    mode: FailureMode,
    awaits: bool,
    ends: Ends,
    steps: Vec<Step>,
}

fn programs() -> impl Strategy<Value = Program> {
    let mode = prop_oneof![Just(FailureMode::Stop), Just(FailureMode::CarryOn)];
    (mode, any::<bool>(), ends(), steps()).prop_map(|(mode, awaits, ends, steps)| Program {
        mode,
        awaits,
        ends,
        steps,
    })
}

fn ends() -> impl Strategy<Value = Ends> + Clone {
    prop_oneof![
        8 => Just(Ends::Well),
        1 => Just(Ends::InFailure),
        1 => Just(Ends::InPanic),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let mark = prop_oneof![
        6 => Just(Mark::Nothing),
        1 => Just(Mark::OnFailure),
        1 => Just(Mark::Always),
        1 => Just(Mark::Detached),
    ];
    let n = 0..3_u32;
    let leaf = prop_oneof![
        8 => (mark, n.clone()).prop_map(|(mark, n)| Step::Mail(mark, n)),
        1 => n.clone().prop_map(Step::Fail),
        1 => n.clone().prop_map(Step::Explode),
        1 => n.clone().prop_map(Step::ExplodeWith),
        2 => n.clone().prop_map(Step::Batch),
        2 => n.clone().prop_map(Step::Keyed),
        2 => n.clone().prop_map(Step::Retried),
        1 => n.prop_map(Step::Ship),
    ];
    let step = leaf.prop_recursive(3, 20, 4, |inner| {
        let body = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            6 => inner,
            2 => (ends(), body.clone()).prop_map(|(ends, body)| Step::Cascade(ends, body)),
            1 => (ends(), body).prop_map(|(ends, body)| Step::Scope(ends, body)),
        ]
    });
    prop::collection::vec(step, 0..8)
}

#[airlock::effect]
fn explode(#[resource] log: &Log, n: u32) {
    log.add(format!("explode {n}"));
    panic!("explosion {n}");
}

#[airlock::effect]
fn explode_with(#[resource] log: &Log, text: String) {
    log.add(format!("explode with {text}"));
    panic!("explosion {text}");
}

#[airlock::effect(batch)]
fn collect(#[resource] log: &Log, numbers: Vec<u32>) {
    log.add(format!("collect {numbers:?}"));
    airlock::enqueue(mail(numbers.len() as u32));
}

#[airlock::effect(key = n)]
fn index(#[resource] log: &Log, n: u32) {
    log.add(format!("index {n}"));
}

/// Fails the first `n` of every three attempts with the same `n`.
#[airlock::effect(retry(2))]
fn flaky(#[resource] log: &Log, n: u32) -> Result<(), String> {
    let line = format!("flaky {n}");
    let earlier = log.lines().iter().filter(|known| **known == line).count() as u32;
    log.add(line);
    airlock::enqueue(mail(earlier));
    if earlier % 3 < n {
        Err(format!("attempt {earlier}"))
    } else {
        Ok(())
    }
}

#[airlock::effect]
fn cascade(#[resource] log: &Log, ends: Ends, path: Path, steps: Vec<Step>) -> Result<(), String> {
    perform(&steps, path, log);
    end(ends).map_err(|_| "a cascade".to_owned())
}

#[derive(Debug)]
enum Failed {
    Own,
    Flush(FlushError),
}

impl From<FlushError> for Failed {
    fn from(error: FlushError) -> Self {
        Failed::Flush(error)
    }
}

fn end(ends: Ends) -> Result<(), Failed> {
    match ends {
        Ends::Well => Ok(()),
        Ends::InFailure => Err(Failed::Own),
        Ends::InPanic => panic!("the end"),
    }
}

fn perform(steps: &[Step], path: Path, log: &Log) {
    for step in steps {
        match step {
            Step::Mail(Mark::Nothing, n) => _ = airlock::enqueue(mail(*n)),
            Step::Mail(Mark::OnFailure, n) => _ = airlock::enqueue(mail(*n).on_failure()),
            Step::Mail(Mark::Always, n) => _ = airlock::enqueue(mail(*n).always()),
            Step::Mail(Mark::Detached, n) => _ = airlock::enqueue(mail(*n).detached()),
            Step::Fail(n) => _ = airlock::enqueue(fail(*n)),
            Step::Explode(n) => _ = airlock::enqueue(explode(*n)),
            Step::ExplodeWith(n) => _ = airlock::enqueue(explode_with(n.to_string())),
            Step::Batch(n) => _ = airlock::enqueue(collect(*n)),
            Step::Keyed(n) => _ = airlock::enqueue(index(*n)),
            Step::Retried(n) => _ = airlock::enqueue(flaky(*n)),
            Step::Ship(n) => _ = airlock::enqueue(ship(*n)),
            Step::Cascade(ends, body) => {
                airlock::enqueue(cascade(*ends, path, body.clone()));
            }
            Step::Scope(ends, body) => {
                let scope = airlock::scope();
                let ended = catch(|| scope.run(|_| body_of(body, *ends, path, log)));
                tell(ended, log);
            }
        }
    }
}

/// Runs the body of a scope.
fn body_of(steps: &[Step], ends: Ends, path: Path, log: &Log) -> Result<(), Failed> {
    let _handle = match path {
        Path::Handles => airlock::current(),
        Path::Fast | Path::General => None,
    };
    perform(steps, path, log);
    end(ends)
}

/// Logs how a scope ended, and what it handed back.
fn tell(ended: std::thread::Result<Result<(), Failed>>, log: &Log) {
    match ended {
        Ok(Ok(())) => log.add("it ends well"),
        Ok(Err(Failed::Own)) => log.add("it fails"),
        Ok(Err(Failed::Flush(error))) => {
            log.add(told(error.report()));
            log.add(error.failure().map(ToString::to_string).unwrap_or_default());
            for intent in error.into_intents() {
                log.add(shown(&intent));
            }
        }
        Err(_) => log.add("it panics"),
    }
}

fn catch<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
}

/// A timer that never waits.
struct Flying;

impl Timer for Flying {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Formats a report without the ids of intents and scopes.
fn told(report: &FlushReport) -> String {
    let entries = report.entries().iter().map(|entry| {
        let causes = entry
            .cause()
            .into_iter()
            .flat_map(airlock::intent::Cause::chain);
        let causes: Vec<_> = causes.map(|cause| cause.effect().name()).collect();
        let (effect, fate) = (entry.effect().name(), entry.fate().word());
        let detached = entry.detached_from().map(|from| from.effect().name());
        format!(
            "{effect} {fate} {causes:?} {detached:?} {}",
            entry.is_captured()
        )
    });
    let entries: Vec<_> = entries.collect();
    format!(
        "{} {:?} {:?}, {} buffered: {entries:#?}",
        report.outcome(),
        report.ending(),
        report.name(),
        report.buffered().len(),
    )
}

/// Formats an intent, but not the arguments of `cascade`, because they name the path.
fn shown(intent: &Intent) -> String {
    let marks = (intent.fire_on(), intent.is_captured());
    let name = intent.effect().name();
    match name {
        "cascade" => format!("{name} {marks:?}"),
        _ => format!("{name} {:?} {marks:?}", intent.arguments()),
    }
}

/// Runs a program, and returns everything observable about it, in order.
fn run(program: &Program, path: Path) -> Vec<String> {
    let (log, reports, unhandled) = (Log::default(), Log::default(), Log::default());
    let (on_report, on_unhandled_error) = (reports.clone(), unhandled.clone());
    let mut airlock = Airlock::builder()
        .resource(log.clone())
        .timer(Flying)
        .failure_mode(program.mode)
        .on_report(move |report| on_report.add(told(report)))
        .on_unhandled_error(move |error| on_unhandled_error.add(told(error.report())))
        .skip_resource_check();
    if path == Path::General {
        airlock = airlock.executor(Inline);
    }
    let airlock = airlock.build().expect("it builds");
    let body = || body_of(&program.steps, program.ends, path, &log);
    let ended = airlock.run(|| {
        let scope = airlock::scope().name("outer");
        catch(|| match program.awaits {
            true => block_on(scope.run_async(async |_| body())),
            false => scope.run(|_| body()),
        })
    });
    tell(ended, &log);
    let mut seen = log.lines();
    seen.extend(reports.lines());
    seen.extend(unhandled.lines());
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_path_does_the_same(program in programs()) {
        let fast = run(&program, Path::Fast);
        prop_assert_eq!(&fast, &run(&program, Path::General));
        prop_assert_eq!(&fast, &run(&program, Path::Handles));
    }
}
