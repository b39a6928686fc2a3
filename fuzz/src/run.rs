//! Runs programs, also cut short at every pending poll, and reports violations.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use airlock::executor::{BoxFuture, Delivery, Timer};
use airlock::{Airlock, FlushError, FlushReport};

use crate::arguments::Arguments;
use crate::effects::yields;
use crate::executors::{executor, policy};
use crate::ledger::Violation;
use crate::program::{Later, Program, Style};
use crate::world::{ErrorSource, World};
use crate::{generate, interpret, interpret_async, shrink};

/// The maximum number of polls. A program that is still pending then never ends, and is dropped.
const MOST_POLLS: u8 = 60;

/// A program that broke a promise, with the information to reproduce it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) violation: Violation,
    /// The program was dropped at its pending poll with this index, from 0.
    pub(crate) cut: u8,
    pub(crate) history: String,
}

/// Runs random programs until a promise is broken or the bound is reached.
pub fn fuzz(arguments: &Arguments) -> ExitCode {
    silence_panics();
    println!("fuzz: seed {}", arguments.seed);
    let begun = Instant::now();
    let mut programs: u64 = 0;
    let mut broken: u64 = 0;
    while arguments.bound.goes_on(begun, programs) {
        let seed = arguments.seed.wrapping_add(programs);
        programs += 1;
        if arguments.trace {
            println!("program {seed}");
        }
        let program = generate::program(seed);
        if arguments.skips(&program.to_string()) {
            continue;
        }
        let Err(finding) = try_program(&program) else {
            continue;
        };
        broken += 1;
        if arguments.survey {
            let rule = finding.violation.rule;
            println!("seed {seed}: {rule}\n{}", shrink::shrink(&program, rule));
            continue;
        }
        tell(seed, &program, &finding);
        return ExitCode::FAILURE;
    }
    let took = begun.elapsed().as_secs_f64();
    println!("fuzz: {programs} programs in {took:.1} s, {broken} broke a promise");
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(seed: u64, program: &Program, finding: &Finding) {
    println!("\nseed {seed} breaks a promise: {}", finding.violation.rule);
    let small = shrink::shrink(program, finding.violation.rule);
    let (program, finding) = match try_program(&small) {
        Err(smaller) => (&small, smaller),
        // The shrunk program does not fail again. Report the original one.
        Ok(()) => (program, Finding::default_of(finding)),
    };
    println!("{}: {}", finding.violation.rule, finding.violation.about);
    println!(
        "dropped after {} polls, unless it had ended:\n\n{program}",
        finding.cut
    );
    println!("{}", finding.history);
    println!("again: cargo xtask fuzz --seed {seed} --programs 1");
}

impl Finding {
    fn default_of(finding: &Finding) -> Finding {
        Finding {
            violation: finding.violation.clone(),
            cut: finding.cut,
            history: finding.history.clone(),
        }
    }
}

/// Silences the messages of panics. Programs panic on purpose, and their messages would hide
/// everything else.
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Runs the program to its end, then once for each of its pending polls, dropping it there.
pub(crate) fn try_program(program: &Program) -> Result<(), Finding> {
    let polls = run(program, MOST_POLLS)?;
    for cut in 0..polls {
        run(program, cut)?;
    }
    Ok(())
}

/// Runs the program once. Returns the number of its pending polls.
fn run(program: &Program, cut: u8) -> Result<u8, Finding> {
    let world = World::new(program.mode);
    let polls = {
        let ran = catch_unwind(AssertUnwindSafe(|| perform(program, &world, cut)));
        ran.unwrap_or_else(|panic| {
            interpret::took_panic(&world, &*panic);
            0
        })
    };
    world.verdict().map_err(|violation| Finding {
        violation,
        cut,
        history: world.history(),
    })?;
    Ok(polls)
}

fn perform(program: &Program, world: &World, cut: u8) -> u8 {
    let airlock = airlock(program, world);
    let polls = match program.style {
        Style::Sync => {
            airlock.run(|| interpret::steps(world, &program.steps));
            0
        }
        Style::Async => {
            let work = interpret_async::steps(world, &program.steps);
            count_polls(cut, airlock.bind(interpret_async::caught(work)), world)
        }
    };
    deliver(world);
    // The handles keep scopes alive, and thereby the world itself.
    drop(world.take_handles());
    polls
}

fn count_polls<T>(
    cut: u8,
    future: impl Future<Output = std::thread::Result<T>>,
    world: &World,
) -> u8 {
    let mut future = Box::pin(future);
    for polls in 0..=cut {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => {}
            Poll::Ready(ended) => {
                if let Err(panic) = ended {
                    interpret::took_panic(world, &*panic);
                }
                return polls;
            }
        }
    }
    cut
}

fn airlock(program: &Program, world: &World) -> Airlock {
    let (reported, unhandled) = (world.clone(), world.clone());
    let mut builder = Airlock::builder()
        .resource(world.clone())
        .timer(Instantly)
        .depth_limit(program.depth_limit)
        .on_report(move |report| reported.report(report))
        .on_unhandled_error(move |error| drop(unhandled.error(error, ErrorSource::Stranded)));
    if let Some(way) = &program.executor {
        builder = builder.executor(executor(world, way));
    }
    if let Some(rule) = program.policy {
        builder = builder.policy(policy(rule));
    }
    if let Some(mode) = program.mode {
        builder = builder.failure_mode(mode);
    }
    match builder.build() {
        Ok(airlock) => airlock,
        Err(error) => unreachable!("the only resource is there: {error}"),
    }
}

/// Performs the kept deliveries, and those that they cause.
fn deliver(world: &World) {
    loop {
        let kept = world.take_kept();
        if kept.is_empty() {
            return;
        }
        for (delivery, later) in kept {
            let performed = catch_unwind(AssertUnwindSafe(|| finish(delivery, later)));
            match performed {
                Ok(Some(Ok(report))) => world.delivered(&report),
                Ok(Some(Err(error))) => drop(world.error(error, ErrorSource::Returned)),
                Ok(None) => {}
                Err(panic) => interpret::took_panic(world, &*panic),
            }
        }
    }
}

fn finish(delivery: Delivery, later: Later) -> Option<Result<FlushReport, FlushError>> {
    match later {
        Later::Perform => Some(delivery.perform()),
        Later::PerformAsync => interpret::poll(MOST_POLLS, delivery.perform_async()),
        Later::CutShort => interpret::poll(0, delivery.perform_async()),
        Later::GiveUp => Some(Err(delivery.give_up())),
        Later::Drop => None,
    }
}

/// A timer without real time: a sleep is pending for one poll, a timeout for two.
struct Instantly;

impl Timer for Instantly {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(yields(1))
    }

    fn timeout(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(yields(2))
    }
}
