//! Jobs: the durable effects in the database, in readable form.

use std::collections::BTreeMap;

use airlock::river::riverqueue::{Client, Error, JobListParams, JobRow, JobState, SortDirection};
use serde::Serialize;
use serde_json::Value;

use crate::error::ShopError;

/// The maximum number of jobs in a list.
const SHOWN: u32 = 50;

/// The states of jobs that a worker still has to work on.
const UNFINISHED: [JobState; 5] = [
    JobState::Available,
    JobState::Pending,
    JobState::Retryable,
    JobState::Running,
    JobState::Scheduled,
];

/// A durable effect in the table of jobs.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// The effect's id.
    pub effect: String,
    /// Its state.
    pub state: Progress,
    /// The number of attempts so far.
    pub attempt: i32,
    /// The arguments of the effect. A sealed one is shown as `sealed`.
    pub arguments: BTreeMap<String, Value>,
    /// The error of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// It was not tried yet.
    Pending,
    /// An attempt is running.
    Running,
    /// It has failed, and will be retried.
    Retrying,
    /// It was performed.
    Performed,
    /// It was forwarded to the stream, and a worker performs it.
    Forwarded,
    /// It was given up, or cancelled.
    Discarded,
}

/// The query of `GET /jobs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Waits for this condition before it answers.
    pub wait: Option<Wait>,
    /// Selects the jobs in this state.
    pub state: Option<Progress>,
}

/// The condition that an answer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Every job was tried.
    Tried,
    /// Every job is performed, forwarded or discarded.
    Done,
}

impl JobQuery {
    /// Parses a query string: `wait=tried` or `wait=done`, and `state=` with the name of a state.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`].
    pub fn read(query: Option<&str>) -> Result<Self, ShopError> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match (&*name, &*value) {
                ("wait", "tried") => read.wait = Some(Wait::Tried),
                ("wait", "done") => read.wait = Some(Wait::Done),
                ("state", state) => {
                    let known = Progress::ALL.into_iter().find(|it| it.as_str() == state);
                    let known = known.ok_or_else(|| {
                        ShopError::Invalid(format!("there is no state `{state}`"))
                    })?;
                    read.state = Some(known);
                }
                _ => {
                    let message = "the query can have `wait=tried`, `wait=done` and `state=…`";
                    return Err(ShopError::Invalid(message.into()));
                }
            }
        }
        Ok(read)
    }
}

impl Progress {
    const ALL: [Self; 6] = [
        Self::Pending,
        Self::Running,
        Self::Retrying,
        Self::Performed,
        Self::Forwarded,
        Self::Discarded,
    ];

    /// Returns the state as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Performed => "performed",
            Self::Forwarded => "forwarded",
            Self::Discarded => "discarded",
        }
    }

    /// Returns the state of a job. River completes performed and forwarded jobs alike, so `completed` tells them
    /// apart.
    fn from_job(job: &JobRow, completed: Self) -> Self {
        match job.state {
            JobState::Running => Self::Running,
            JobState::Completed => completed,
            JobState::Discarded | JobState::Cancelled => Self::Discarded,
            // River makes a job available at once if its retry is due soon.
            _ if job.attempt > 0 => Self::Retrying,
            _ => Self::Pending,
        }
    }
}

impl Wait {
    /// Returns whether an unfinished job no longer delays the answer.
    fn is_over(self, job: &JobRow) -> bool {
        match self {
            Self::Tried => Progress::from_job(job, Progress::Performed) == Progress::Retrying,
            Self::Done => false,
        }
    }
}

impl Job {
    fn from_job(job: &JobRow, completed: Progress) -> Self {
        let arguments: BTreeMap<String, Value> = job.decode_args().unwrap_or_default();
        let shown = arguments.into_iter().map(|(name, value)| {
            let is_sealed = value.get("$sealed").is_some();
            (name, if is_sealed { "sealed".into() } else { value })
        });
        let state = Progress::from_job(job, completed);
        let dead: Option<String> = job.metadata.get("airlock:dead").ok().flatten();
        let failed = || job.errors.last().map(|failed| failed.error.clone());
        let error = dead.or_else(failed);
        Self {
            id: job.id,
            effect: job.kind.clone(),
            state,
            attempt: job.attempt,
            arguments: shown.collect(),
            error: match state {
                Progress::Performed | Progress::Forwarded => None,
                _ => error,
            },
        }
    }
}

/// Returns the last jobs, newest first. `completed` is the state of jobs that River has completed.
pub(crate) async fn latest(
    client: &Client,
    state: Option<Progress>,
    completed: Progress,
) -> Result<Vec<Job>, Error> {
    let params = JobListParams::default()
        .direction(SortDirection::Descending)
        .limit(SHOWN);
    let listed = client.jobs().list(params).await?;
    let jobs = listed.jobs.iter().map(|job| Job::from_job(job, completed));
    let wanted = |job: &Job| state.is_none_or(|state| job.state == state);
    Ok(jobs.filter(wanted).collect())
}

/// Returns whether no job delays the answer any more.
pub(crate) async fn is_over(client: &Client, wait: Wait) -> Result<bool, Error> {
    let unfinished = JobListParams::default().states(UNFINISHED).limit(1_000);
    let listed = client.jobs().list(unfinished).await?;
    Ok(listed.jobs.iter().all(|job| wait.is_over(job)))
}
