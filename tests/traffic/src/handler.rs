//! A handler that executes its plan.

use std::future::{Future, pending};
use std::panic::resume_unwind;
use std::pin::Pin;

use airlock::FlushError;
use airlock::policy::{allow_all, drop_all};
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::ledger::{mark, mark_later};
use super::plan::{Around, Ending, Plan, Step};

/// The error of a handler. Servers answer it with [`Refused::STATUS`].
#[derive(Debug)]
pub struct Refused;

impl Refused {
    /// The status of the answer.
    pub const STATUS: u16 = 418;
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl From<FlushError> for Refused {
    fn from(error: FlushError) -> Self {
        error.report_unhandled(); // No nested flush may fail. If one does, `Verdict` finds its intents.
        Self
    }
}

/// Runs the plan of a request, and returns the status to answer with.
pub(super) async fn run(request: u32, plan: &Plan, midway: &Notify) -> Result<u16, Refused> {
    let handler = Handler { request, midway };
    handler.all(&plan.steps).await?;
    Ok(match plan.ending {
        Ending::FailsWith(status) => status,
        _ => 200,
    })
}

#[derive(Clone, Copy)]
struct Handler<'a> {
    request: u32,
    midway: &'a Notify,
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send + 'a>>;

impl<'a> Handler<'a> {
    fn all(self, steps: &'a [Step]) -> Done<'a> {
        Box::pin(async move {
            for step in steps {
                self.one(step).await?;
            }
            Ok(())
        })
    }

    async fn one(self, step: &'a Step) -> Result<(), Refused> {
        match step {
            Step::Mark(number) => _ = airlock::enqueue(mark(self.request, *number)),
            Step::MarkLater(number) => _ = airlock::enqueue(mark_later(self.request, *number)),
            Step::Yield => yield_now().await,
            Step::Within(around, steps) => self.within(*around, steps).await?,
            Step::Midway => {
                self.midway.notify_one();
                yield_now().await;
            }
            Step::Hold => {
                self.midway.notify_one();
                pending::<()>().await;
            }
            Step::Refuse => return Err(Refused),
            // Bypasses the panic hook, which would print thousands of lines.
            Step::Panic => resume_unwind(Box::new("on purpose")),
        }
        Ok(())
    }

    async fn within(self, around: Around, steps: &'a [Step]) -> Result<(), Refused> {
        let scope = airlock::scope();
        let work = self.all(steps);
        match around {
            Around::Call => work.await,
            Around::Scope => scope.run_async(|_| work).await,
            Around::Boundary => bounded(work).await,
            Around::Policy => airlock::policy(allow_all()).bind(work).await,
            Around::DroppingScope => scope.policy(drop_all()).run_async(|_| work).await,
            Around::DroppingPolicy => airlock::policy(drop_all()).bind(work).await,
            Around::FailingScope => {
                let work = async move |_| {
                    work.await?;
                    Err::<(), _>(Refused)
                };
                let _ignored = scope.run_async(work).await;
                Ok(())
            }
        }
    }
}

#[airlock::boundary]
async fn bounded(work: Done<'_>) -> Result<(), Refused> {
    work.await
}
