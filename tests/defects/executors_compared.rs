//! Executors that count as the same one, and the number of executors that one flush can have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airlock::executor::{Batch, Channel, Executor, Recorder};

use crate::fixture::{Log, Mail, logged, mail, tally};

/// Ends a scope that has captured a tally from each of four scopes, each with its own `executor()`.
fn end_four_scopes<X: Executor>(executor: impl Fn() -> X) {
    let outer = airlock::scope();
    let ended = outer.run_infallible(|_| {
        for n in 1..=4 {
            let scope = airlock::scope().executor(executor());
            let ended = scope.run_infallible(|_| airlock::enqueue(tally(n)));
            ended.expect("it is captured");
        }
    });
    ended.expect("nothing fails");
}

/// An executor that logs the size of each batch and performs it.
struct Sizes(Log);

impl Executor for Sizes {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        self.0.add(batch.len().to_string());
        batch.perform_all();
    }
}

#[test]
fn four_clones_of_a_shared_executor_are_one_executor() {
    let sizes = Log::default();
    let shared: Arc<dyn Executor> = Arc::new(Sizes(sizes.clone()));
    let log = logged(|_| end_four_scopes(|| shared.clone()));
    assert_eq!(sizes.lines(), ["4"]);
    assert_eq!(log, ["tally [1, 2, 3, 4]"]);
}

#[test]
fn four_handles_of_a_channel_are_one_executor() {
    let (channel, deliveries) = Channel::bounded(4);
    end_four_scopes(|| channel.clone());
    let sizes: Vec<usize> = deliveries.try_iter().map(|it| it.intents().len()).collect();
    assert_eq!(sizes, [4]);
}

#[test]
fn four_handles_of_a_recorder_are_one_executor() {
    let recorder = Recorder::new();
    end_four_scopes(|| recorder.clone());
    let deliveries = recorder.take();
    let sizes: Vec<usize> = deliveries.iter().map(|it| it.intents().len()).collect();
    assert_eq!(sizes, [4]);
}

#[cfg(feature = "tokio")]
#[test]
fn four_handles_of_a_spawning_executor_are_one_executor() {
    let log = crate::fixture::logged_async(async |_| {
        let spawn = airlock::tokio::Spawn::current();
        end_four_scopes(|| spawn.clone());
        spawn.drained().await;
    });
    assert_eq!(log, ["tally [1, 2, 3, 4]"]);
}

/// An executor that performs its batches, and counts the mails that belong to other executors.
struct Numbered {
    number: u32,
    others: Arc<AtomicUsize>,
}

impl Executor for Numbered {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        let is_mine = |mail: &Mail| mail.n == self.number;
        let mails = batch.intents().map(|it| it.downcast_ref::<Mail>());
        let others = mails.filter(|mail| !mail.is_some_and(is_mine)).count();
        self.others.fetch_add(others, Ordering::Relaxed);
        batch.perform_all();
    }
}

#[test]
fn more_executors_than_an_index_of_sixteen_bits_can_tell_apart_get_their_own_intents() {
    let others = Arc::new(AtomicUsize::new(0));
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| {
            for number in 0..=u32::from(u16::MAX) + 4 {
                let executor = Numbered {
                    number,
                    others: others.clone(),
                };
                let scope = airlock::scope().executor(executor);
                let ended = scope.run_infallible(|_| airlock::enqueue(mail(number)));
                ended.expect("it is captured");
            }
        });
        ended.expect("nothing fails");
    });
    assert_eq!(log.len(), usize::from(u16::MAX) + 5);
    assert_eq!(others.load(Ordering::Relaxed), 0);
}

#[cfg(feature = "tokio")]
#[airlock::effect]
async fn never_ends(#[resource] log: &Log) {
    log.add("started");
    std::future::pending::<()>().await;
}

#[cfg(feature = "tokio")]
#[test]
fn an_effect_that_is_under_way_when_its_runtime_ends_goes_to_on_error() {
    use airlock::tokio::Spawn;
    let returned = Arc::new(AtomicUsize::new(0));
    let log = logged(|log| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("it starts");
        let returns = returned.clone();
        let spawn = Spawn::on(runtime.handle().clone()).on_error(move |error| {
            returns.fetch_add(error.into_intents().len(), Ordering::SeqCst);
        });
        let scope = airlock::scope().executor(spawn);
        let ended = scope.run_infallible(|_| airlock::enqueue(never_ends()));
        ended.expect("it is spawned");
        runtime.block_on(async {
            while log.lines().is_empty() {
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
    });
    assert_eq!(log, ["started"]);
    assert_eq!(returned.load(Ordering::SeqCst), 1);
}
