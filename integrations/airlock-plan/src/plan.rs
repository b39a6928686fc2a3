//! Making a plan.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;

use airlock_core::__private::in_full;
use airlock_core::{BoxError, DryRun, FlushError, dry_run, dry_run_async};
use airlock_durable::Keys;

use crate::collect::Collector;
use crate::file::{self, Header};
use crate::summary::Summary;

/// A plan to be made: runs code without performing its effects, and writes their intents to a file.
///
/// Each line of the file but the first is a durable intent in the form in which engines store it. Arguments
/// that an effect redacts are sealed. [`Apply`](crate::Apply) dispatches exactly these intents.
///
/// ```rust,standalone_crate
/// use airlock::plan::Plan;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("reminders.plan");
///
/// #[airlock::effect(durable, name = "doc.remind")]
/// fn remind(order: u64) {}
///
/// let planned = Plan::new(&path).name("reminders for November").write(|| {
///     for order in 1..=3 {
///         airlock::enqueue(remind(order));
///     }
///     Ok::<_, airlock::BoxError>(())
/// })?;
/// assert_eq!(planned.summary.len(), 3);
/// println!("{}", planned.summary); // effects, counts, locations, and what policies dropped
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is planned until `write` is called"]
pub struct Plan {
    path: PathBuf,
    name: String,
    keys: Option<Keys>,
}

/// A plan that was written.
#[derive(Debug)]
pub struct Planned<T> {
    /// The value that the code returned.
    pub value: T,
    /// The contents of the plan.
    pub summary: Summary,
}

impl Plan {
    /// Plans into this file, which is replaced if it is there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_stem().unwrap_or_default();
        Self {
            name: name.to_string_lossy().into_owned(),
            path,
            keys: None,
        }
    }

    /// Sets a name for people. The default is that of the file.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the keys that seal redacted arguments.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Runs the code in a scope that nothing leaves, and writes the plan. Boundaries and scopes in the code are
    /// captured, whatever executor they name. Policies around the code and in it apply.
    ///
    /// Delays count from now: `run_at` is an absolute time in the plan.
    ///
    /// # Errors
    ///
    /// [`PlanError`]. Nothing is written then.
    pub fn write<T, E: Into<BoxError>>(
        self,
        code: impl FnOnce() -> Result<T, E>,
    ) -> Result<Planned<T>, PlanError> {
        self.finish(dry_run(code))
    }

    /// Works like [`write`](Self::write), for async code.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    pub async fn write_async<T, E: Into<BoxError>>(
        self,
        code: impl Future<Output = Result<T, E>>,
    ) -> Result<Planned<T>, PlanError> {
        let run = dry_run_async(code).await;
        self.finish(run)
    }

    fn finish<T, E: Into<BoxError>>(
        self,
        run: DryRun<Result<T, E>>,
    ) -> Result<Planned<T>, PlanError> {
        let run = run
            .succeeded()
            .map_err(|error| PlanError::Code(error.into()))?;
        let collector = Collector::new(self.keys);
        let (value, report) = run.hand_over(collector.clone());
        let summary = Summary::new(&report?);
        let collected = collector.take();
        let header = Header::new(self.name, summary.clone(), collected.contracts);
        file::write(&self.path, &header, &collected.lines).map_err(|source| PlanError::Write {
            path: self.path,
            source,
        })?;
        Ok(Planned { value, summary })
    }
}

/// Why no plan was written.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The code returned an error.
    #[error("the code to plan failed")]
    Code(#[source] BoxError),
    /// An intent cannot be written down: its effect is not durable, or it redacts arguments and there are no
    /// keys.
    #[error(transparent)]
    Intent(#[from] FlushError),
    /// The file could not be written.
    #[error("cannot write the plan {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error.
        source: std::io::Error,
    },
}

/// The text of `Display` and of its sources: a `main` that returns the error prints this form.
impl fmt::Debug for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_full(self))
    }
}
