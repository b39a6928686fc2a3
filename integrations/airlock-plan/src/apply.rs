//! Applying a plan.

use std::fmt;
use std::path::PathBuf;

use airlock_core::__private::in_full;
use airlock_core::{Airlock, Catalogue, Fate, FlushError, Intent};
use airlock_durable::{Envelope, Keys, Performer, Verdict};
use serde_json::Value;
use uuid::Uuid;

use crate::done::Done;
use crate::file::{self, FileError, Header, beside, contract};

/// The number of intents that are dispatched before they are recorded as done.
const CHUNK: usize = 100;

/// A plan to be applied: dispatches exactly the intents of a file that [`Plan`](crate::Plan) wrote.
///
/// This airlock's executor takes them, or they are performed here, with their own ids: an effect sees the id from
/// the plan as its [idempotency key](airlock_core::Attempt::idempotency_key). Policies are not asked again.
///
/// The ids of dispatched intents are recorded beside the plan, in `FILE.done`. A plan that was stopped, or had failures, is
/// applied again in the same way, and goes on with the rest. If the process is killed, up to 100 intents are
/// dispatched a second time, with the same ids.
///
/// ```rust,standalone_crate
/// use airlock::plan::{Apply, Plan};
/// use airlock::Airlock;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("reminders.plan");
/// # fn block_on<F: Future>(future: F) -> F::Output { airlock::__private::block_on(future) }
///
/// #[airlock::effect(durable, name = "doc.remind")]
/// fn remind(order: u64) {}
///
/// # let planned = Plan::new(&path).write(|| Ok::<_, airlock::BoxError>(_ = airlock::enqueue(remind(1))))?;
/// let airlock = Airlock::builder().build()?;
/// let applied = block_on(Apply::new(&path).on_progress(|it| println!("{it}")).run(&airlock))?;
/// assert_eq!((applied.dispatched, applied.failed.len()), (1, 0));
///
/// let again = block_on(Apply::new(&path).run(&airlock))?;
/// assert_eq!((again.dispatched, again.done_before), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is applied until `run` is called"]
pub struct Apply {
    path: PathBuf,
    keys: Option<Keys>,
    on_progress: Box<dyn FnMut(&Progress) + Send>,
    stop_when: Box<dyn FnMut() -> bool + Send>,
}

/// The progress of an application. `Display` prints a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of intents that were dispatched, now or before.
    pub done: usize,
    /// The number of intents that failed in this application.
    pub failed: usize,
    /// The number of intents in the plan.
    pub all: usize,
}

/// The result of an application.
#[derive(Debug)]
#[non_exhaustive]
pub struct Applied {
    /// The number of intents that were dispatched now.
    pub dispatched: usize,
    /// The number of intents that an earlier application had dispatched.
    pub done_before: usize,
    /// The intents that failed. The next application tries them again.
    pub failed: Vec<FailedIntent>,
    /// `true` if it was stopped before the end.
    pub stopped: bool,
}

/// An intent of a plan that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedIntent {
    /// The effect's id.
    pub effect: String,
    /// The intent's id.
    pub id: Uuid,
    /// The location that enqueued it.
    pub location: String,
    /// The reason.
    pub reason: String,
}

/// Why a plan was not applied, or only in part.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan, or the record beside it, cannot be read or written.
    #[error("cannot use the plan {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process applies the plan.
    #[error("another process applies the plan {}: wait until it has ended", .0.display())]
    InUse(PathBuf),
    /// An effect does not exist in this program, or its arguments have changed since the plan was made.
    #[error("the plan does not fit this program: {0}; make the plan again")]
    Contract(String),
    /// A line cannot be decoded.
    #[error("line {line} of the plan cannot be decoded: {reason}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// The reason.
        reason: String,
    },
}

impl Apply {
    /// Applies this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            keys: None,
            on_progress: Box::new(|_| {}),
            stop_when: Box::new(|| false),
        }
    }

    /// Sets the keys that open sealed arguments.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets a closure that is called after every 100 intents, and at the end.
    pub fn on_progress(mut self, report: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.on_progress = Box::new(report);
        self
    }

    /// Sets a condition on which the application stops. It is asked before every 100 intents.
    pub fn stop_when(mut self, stop: impl FnMut() -> bool + Send + 'static) -> Self {
        self.stop_when = Box::new(stop);
        self
    }

    /// Applies the plan: checks the whole file first, then dispatches what is not yet recorded as done.
    ///
    /// Reads and writes files without awaiting, as suits an admin tool.
    ///
    /// # Errors
    ///
    /// [`ApplyError`]. Nothing is dispatched if the file, a contract or a line is wrong. Effects that fail are not
    /// an error: see [`Applied::failed`].
    pub async fn run(mut self, airlock: &Airlock) -> Result<Applied, ApplyError> {
        let (header, lines) = file::read(&self.path).map_err(|error| self.file(error))?;
        check_contracts(&header)?;
        let performer = Performer::new(airlock.clone()).keys(self.keys.clone());
        let envelopes = decodable(&performer, &lines)?;
        let opened = Done::open(&beside(&self.path, "done")).map_err(|error| self.file(error))?;
        let mut done = opened.ok_or_else(|| ApplyError::InUse(self.path.clone()))?;
        let all = envelopes.len();
        let mut rest = envelopes;
        rest.retain(|envelope| !done.contains(envelope.about.id));
        let mut applied = Applied {
            dispatched: 0,
            done_before: all - rest.len(),
            failed: Vec::new(),
            stopped: false,
        };
        for chunk in rest.chunks(CHUNK) {
            if (self.stop_when)() {
                applied.stopped = true;
                break;
            }
            let intents = decode_all(&performer, chunk)?;
            let dispatched = dispatch(airlock, intents, &mut applied.failed).await;
            done.add(&dispatched).map_err(|error| self.file(error))?;
            applied.dispatched += dispatched.len();
            (self.on_progress)(&Progress {
                done: applied.done_before + applied.dispatched,
                failed: applied.failed.len(),
                all,
            });
        }
        Ok(applied)
    }

    fn file(&self, error: impl Into<FileError>) -> ApplyError {
        let path = self.path.clone();
        let source = match error.into() {
            FileError::Io(error) => error.into(),
            error => error.into(),
        };
        ApplyError::File { path, source }
    }
}

/// Compares the contracts of a plan with the effects of this program.
fn check_contracts(header: &Header) -> Result<(), ApplyError> {
    let catalogue = Catalogue::global().map_err(|error| ApplyError::Contract(error.to_string()))?;
    for (id, planned) in &header.contracts {
        let Some(effect) = catalogue.find(id) else {
            return Err(ApplyError::Contract(format!(
                "it has no effect `{id}`, nor an alias"
            )));
        };
        let now = contract(effect);
        if now != *planned {
            let (mut before, mut after) = (arguments(planned), arguments(&now));
            if before == after {
                // Only their encoding differs, such as a name or a default.
                (before, after) = (planned.to_string(), now.to_string());
            }
            return Err(ApplyError::Contract(format!(
                "the arguments of `{id}` were {before}, and are {after}"
            )));
        }
    }
    Ok(())
}

/// Formats the arguments of a contract: `(order: u64, to: String)`, or as JSON if they have another form.
fn arguments(contract: &Value) -> String {
    let plain = contract.as_array().and_then(|arguments| {
        let texts = arguments.iter().map(|argument| {
            let text = |member: &str| argument.get(member)?.as_str();
            Some(format!("{}: {}", text("name")?, text("type")?))
        });
        let texts: Option<Vec<_>> = texts.collect();
        Some(format!("({})", texts?.join(", ")))
    });
    plain.unwrap_or_else(|| contract.to_string())
}

/// Parses every line, and makes sure that it can be decoded.
fn decodable(performer: &Performer, lines: &[String]) -> Result<Vec<Envelope>, ApplyError> {
    let numbered = lines.iter().zip(2..);
    let envelopes = numbered.map(|(text, line)| {
        let wrong = |reason| ApplyError::Line { line, reason };
        let envelope = Envelope::from_json(text).map_err(|error| wrong(error.to_string()))?;
        match performer.decode(&envelope, 1) {
            Ok(_) => Ok(envelope),
            Err(verdict) => Err(wrong(reason(*verdict))),
        }
    });
    envelopes.collect()
}

fn decode_all(performer: &Performer, chunk: &[Envelope]) -> Result<Vec<Intent>, ApplyError> {
    let intents = chunk.iter().map(|envelope| performer.decode(envelope, 1));
    let intents: Result<_, _> = intents.collect();
    // They could be decoded before.
    intents.map_err(|verdict: Box<Verdict>| ApplyError::Contract(reason(*verdict)))
}

fn reason(verdict: Verdict) -> String {
    match verdict {
        Verdict::Unknown { reason } | Verdict::Dead { reason } => reason,
        verdict => format!("{verdict:?}"),
    }
}

/// Dispatches intents, returns the ids of those that were, and adds the others to `failed`.
async fn dispatch(
    airlock: &Airlock,
    intents: Vec<Intent>,
    failed: &mut Vec<FailedIntent>,
) -> Vec<Uuid> {
    let ended = airlock.dispatch_stored(intents).await;
    let report = ended.unwrap_or_else(FlushError::into_report);
    let mut dispatched = Vec::new();
    for entry in report.buffered() {
        match entry.fate() {
            // A duplicate that an engine recognises by its key is represented by the other one.
            Fate::Dispatched | Fate::Dropped(_) | Fate::Coalesced(_) => {
                dispatched.push(entry.uuid());
            }
            fate => failed.push(FailedIntent {
                effect: entry.effect().id().to_owned(),
                id: entry.uuid(),
                location: match entry.stored() {
                    Some(stored) => stored.location.clone(),
                    None => entry.location().to_string(),
                },
                reason: match fate {
                    Fate::Failed(failure) => in_full(failure),
                    fate => fate.word().to_owned(),
                },
            }),
        }
    }
    dispatched
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} done", self.done, self.all)?;
        match self.failed {
            0 => Ok(()),
            failed => write!(f, ", {failed} failed"),
        }
    }
}

/// The text of `Display` and of its sources: a `main` that returns the error prints this form.
impl fmt::Debug for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_full(self))
    }
}

impl fmt::Debug for Apply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            dispatched,
            done_before,
            failed,
            stopped,
        } = self;
        write!(
            f,
            "{dispatched} dispatched, {done_before} before, {} failed",
            failed.len()
        )?;
        writeln!(f, "{}", if *stopped { ", stopped" } else { "" })?;
        for failed in failed {
            let FailedIntent {
                effect,
                id,
                location,
                reason,
            } = failed;
            writeln!(f, "  {effect} {id}, enqueued at {location}: {reason}")?;
        }
        Ok(())
    }
}
