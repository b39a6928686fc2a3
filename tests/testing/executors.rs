//! Every built-in executor keeps the promises of the contract.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use airlock::catalogue::RetryRule;
use airlock::executor::{
    Batch, BoxFuture, Channel, Delivery, Executor, Fallback, Inline, Recorder, Retry, Timeout,
};
use airlock::testing::Subject;
use airlock::{FlushError, Intent};

/// Performs deliveries until there are none, and returns the errors.
async fn perform_all(mut next: impl FnMut() -> Vec<Delivery>) -> Vec<FlushError> {
    let mut errors = Vec::new();
    loop {
        let deliveries = next();
        if deliveries.is_empty() {
            return errors;
        }
        for delivery in deliveries {
            errors.extend(delivery.perform_async().await.err());
        }
    }
}

fn recorder() -> Subject {
    let recorder = Recorder::new();
    recorded(recorder.clone(), recorder)
}

fn recorded(executor: impl Executor, recorder: Recorder) -> Subject {
    Subject::hands_over(executor, move || {
        let recorder = recorder.clone();
        Box::pin(perform_all(move || recorder.take()))
    })
}

fn channel() -> Subject {
    let (channel, deliveries) = Channel::bounded(1_000);
    let deliveries = Arc::new(std::sync::Mutex::new(deliveries));
    Subject::hands_over(channel, move || {
        let deliveries = deliveries.clone();
        Box::pin(perform_all(move || {
            let receiver = deliveries.lock().expect("nobody panics in it");
            receiver.try_iter().collect()
        }))
    })
}

#[cfg(feature = "tokio")]
fn spawn() -> Subject {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_time().build();
    let runtime = Arc::new(runtime.expect("a runtime starts"));
    let spawn = airlock::tokio::Spawn::on(runtime.handle().clone());
    let spawned = spawn.clone();
    let subject = Subject::hands_over(spawn, move || {
        let (spawned, runtime) = (spawned.clone(), runtime.clone());
        Box::pin(async move {
            spawned.drained().await;
            drop(runtime);
            Vec::new() // Errors in a task go to `on_unhandled_error`.
        })
    });
    subject.unordered()
}

/// An executor that sleeps on tokio's clock before it performs inline.
struct AfterASleep;

impl Executor for AfterASleep {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        Inline.accepts(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.perform_all();
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            batch.perform_all_async().await;
        })
    }
}

fn in_a_runtime() -> Subject {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime starts");
    Subject::performs(AfterASleep).block_on(move |future| runtime.block_on(future))
}

/// An executor that always fails.
struct Down;

impl Executor for Down {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest("the broker is down");
    }
}

macro_rules! suites {
    ($($(#[$attr:meta])* $name:ident: $make:expr;)+) => {$(
        $(#[$attr])*
        mod $name {
            #[allow(unused_imports, reason = "not every one needs it")]
            use super::*;

            airlock::testing::executor_suite!($make);
        }
    )+};
}

suites! {
    inline: || Subject::performs(Inline);
    shared: || Subject::performs(Arc::new(Inline));
    a_recorder: recorder;
    a_channel: channel;
    #[cfg(feature = "tokio")]
    spawned: spawn;
    needing_a_runtime: in_a_runtime;
    retry: || Subject::performs(Retry::new(Inline, RetryRule::attempts(2))).repeats();
    timeout: || Subject::performs(Timeout::new(Inline, Duration::from_secs(5)));
    fallback_that_is_not_needed: || {
        let recorder = Recorder::new();
        recorded(Fallback::new(Inline, recorder.clone()), recorder).repeats().unordered()
    };
    fallback_that_is: || Subject::performs(Fallback::new(Down, Inline));
    wrapped_twice: || {
        let patient = Retry::new(Inline, RetryRule::attempts(2));
        Subject::performs(Timeout::new(patient, Duration::from_secs(5))).repeats()
    };
}
