//! The errors of spawned effects, and the identity of executors.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use airlock::tokio::Spawn;
use airlock::{Airlock, FlushError, IntoIntent};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

#[airlock::effect(batch)]
fn tally(n: Vec<u32>) {
    let _ = n;
}

#[airlock::effect]
async fn never_ends(n: u32) {
    let _ = n;
    std::future::pending::<()>().await;
}

#[airlock::effect]
fn charge(n: u32) -> Result<(), String> {
    Err(format!("card {n} was declined"))
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("it starts")
}

/// Returns a handler for [`Spawn::on_error`], and a channel with the number of intents in each error.
fn errors() -> (impl Fn(FlushError) + Send + Sync + 'static, Receiver<usize>) {
    let (send, received) = channel();
    let on_error = move |error: FlushError| {
        let _ = send.send(error.into_intents().len()); // The test may be over.
    };
    (on_error, received)
}

/// Enqueues one intent in a scope with this executor.
fn hand_over(spawn: &Spawn, intent: impl IntoIntent) {
    let scope = airlock::scope().executor(spawn.clone());
    let ended = scope.run_infallible(|_| _ = airlock::enqueue(intent));
    ended.expect("it is spawned");
}

#[test]
fn an_effect_that_fails_goes_to_on_error() {
    let (on_error, errors) = errors();
    runtime().block_on(async {
        let spawn = Spawn::current().on_error(on_error);
        hand_over(&spawn, charge(1));
        spawn.drained().await;
    });
    assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn tasks_that_have_not_started_when_their_runtime_ends_go_to_on_error() {
    let (on_error, errors) = errors();
    let runtime = runtime();
    let spawn = Spawn::on(runtime.handle().clone()).on_error(on_error);
    hand_over(&spawn, charge(1));
    hand_over(&spawn, charge(2).after(Duration::from_secs(3600)));
    drop(runtime);
    assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1, 1]);
    assert_eq!(spawn.running(), 0);
}

#[test]
fn tasks_that_are_spawned_after_their_runtime_has_ended_go_to_on_error() {
    let (on_error, errors) = errors();
    let runtime = runtime();
    let spawn = Spawn::on(runtime.handle().clone()).on_error(on_error);
    drop(runtime);
    hand_over(&spawn, charge(1));
    assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_delay_on_a_runtime_without_a_clock_goes_to_on_error() {
    let (on_error, errors) = errors();
    let runtime = Builder::new_current_thread().build().expect("it starts");
    let spawn = Spawn::on(runtime.handle().clone()).on_error(on_error);
    hand_over(&spawn, charge(1).after(Duration::from_secs(1)));
    runtime.block_on(spawn.drained());
    assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn an_error_that_on_error_passes_on_goes_to_the_airlock() {
    let (on_unhandled_error, unhandled) = errors();
    let airlock = Airlock::builder()
        .on_unhandled_error(on_unhandled_error)
        .skip_resource_check()
        .build();
    let airlock = airlock.expect("it builds");
    let runtime = runtime();
    let spawn = Spawn::on(runtime.handle().clone()).on_error(FlushError::report_unhandled);
    airlock.run(|| hand_over(&spawn, never_ends(1)));
    runtime.block_on(tokio::task::yield_now());
    drop(runtime);
    assert_eq!(unhandled.try_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn an_effect_goes_on_although_on_error_has_panicked() {
    let runtime = runtime();
    let spawn = Spawn::on(runtime.handle().clone()).on_error(|_| panic!("closed"));
    hand_over(&spawn, charge(1));
    runtime.block_on(spawn.drained());
    hand_over(&spawn, never_ends(1));
    runtime.block_on(tokio::task::yield_now());
    drop(runtime);
    assert_eq!(spawn.running(), 0);
}

/// Returns the number of tasks for a batch effect that two scopes with these executors enqueue within a third
/// one.
fn tasks_of(runtime: &Runtime, executors: [&Spawn; 2]) -> usize {
    let ended = airlock::scope().run_infallible(|_| {
        for spawn in executors {
            hand_over(spawn, tally(1));
        }
    });
    ended.expect("they are spawned");
    // No task runs before the runtime does.
    let tasks = executors[0].running();
    runtime.block_on(executors[0].drained());
    tasks
}

#[test]
fn clones_count_as_one_executor_unless_their_errors_go_elsewhere() {
    let runtime = runtime();
    let spawn = Spawn::on(runtime.handle().clone());
    assert_eq!(tasks_of(&runtime, [&spawn, &spawn.clone()]), 1);
    let parks = spawn.clone().on_error(drop);
    assert_eq!(tasks_of(&runtime, [&parks, &parks.clone()]), 1);
    assert_eq!(tasks_of(&runtime, [&spawn, &parks]), 2);
}

/// Waits for a permit of the test's semaphore, and counts how many effects run at once.
#[airlock::effect]
async fn gated(#[resource] gate: &Gate, n: u32) {
    let _ = n;
    let running = gate.running.fetch_add(1, SeqCst) + 1;
    gate.most.fetch_max(running, SeqCst);
    gate.permits.acquire().await.expect("it is open").forget();
    gate.running.fetch_sub(1, SeqCst);
}

struct Gate {
    running: AtomicUsize,
    most: AtomicUsize,
    permits: Semaphore,
}

impl Gate {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            permits: Semaphore::new(permits),
        })
    }
}

fn airlock_of(gate: &Arc<Gate>, spawn: &Spawn) -> Airlock {
    let builder = Airlock::builder().resource(gate.clone());
    let builder = builder.executor(spawn.clone()).skip_resource_check();
    builder.build().expect("it builds")
}

#[test]
fn no_more_effects_run_at_once_than_the_limit() {
    runtime().block_on(async {
        let gate = Gate::new(0);
        let spawn = Spawn::current().max_running(2);
        let airlock = airlock_of(&gate, &spawn);
        let scope = airlock.scope();
        let ended = scope.run_infallible(|_| (0..6).for_each(|n| _ = airlock::enqueue(gated(n))));
        ended.expect("they are spawned");
        assert_eq!(spawn.running(), 6, "six tasks, of which two may run");
        for _ in 0..100 {
            tokio::task::yield_now().await; // Each task that may run waits at the gate.
        }
        assert_eq!(gate.running.load(SeqCst), 2);
        gate.permits.add_permits(6);
        spawn.drained().await;
        assert_eq!(gate.most.load(SeqCst), 2);
    });
}

#[test]
fn a_shutdown_waits_for_what_is_due_and_gives_up_what_is_delayed() {
    let (on_error, errors) = errors();
    runtime().block_on(async {
        let gate = Gate::new(1);
        let spawn = Spawn::current().on_error(on_error);
        let airlock = airlock_of(&gate, &spawn);
        let ended = airlock.scope().run_infallible(|_| {
            airlock::enqueue(gated(1));
            airlock::enqueue(gated(2).after(Duration::from_secs(3600)));
        });
        ended.expect("they are spawned");
        assert_eq!(spawn.shutdown(Duration::from_secs(60)).await, 1);
        assert_eq!(gate.most.load(SeqCst), 1, "the first one ran");
        assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1]);

        let refused = airlock
            .scope()
            .run_infallible(|_| airlock::enqueue(gated(3)));
        let error = refused.expect_err("it has been shut down");
        assert!(
            error
                .to_string()
                .ends_with("the executor has been shut down"),
            "{error}"
        );
        assert_eq!(error.into_intents().len(), 1);
    });
}

#[test]
fn a_shutdown_gives_up_what_takes_too_long() {
    let (on_error, errors) = errors();
    runtime().block_on(async {
        let spawn = Spawn::current().on_error(on_error);
        hand_over(&spawn, never_ends(1));
        assert_eq!(spawn.shutdown(Duration::ZERO).await, 1);
    });
    assert_eq!(errors.try_iter().collect::<Vec<_>>(), [1]);
}
