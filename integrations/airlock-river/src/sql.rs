//! The statements that store intents as River jobs: for each database one text with one JSON parameter, for every
//! driver.

use std::borrow::Cow;

use airlock_core::{BoxError, Intent};
use airlock_durable::{Capabilities, Keys};

use crate::row::Row;

/// Stores the jobs that its only parameter describes, a JSON text from [`Rows::to_json`]. For PostgreSQL, and for every
/// driver with `$1` parameters. Returns a row for each job that is stored or has been stored before: the job's `id`,
/// the `intent` that it is for, and its `unique_key` in hexadecimal digits, if it has one.
///
/// Workers are woken when the transaction is committed.
pub const SQL_POSTGRES: &str = r"
WITH rows AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS row (
        args jsonb, kind text, max_attempts smallint, metadata jsonb, priority smallint, queue text,
        scheduled_at timestamptz, state text, unique_key text, unique_states integer, notify boolean
    )
), stored AS (
    INSERT INTO river_job (
        args, kind, max_attempts, metadata, priority, queue, scheduled_at, state, unique_key, unique_states
    )
    SELECT
        args, kind, max_attempts, metadata, priority, queue, coalesce(scheduled_at, now()),
        state::river_job_state, decode(unique_key, 'hex'), unique_states::bit(8)
    FROM rows
    ON CONFLICT (unique_key)
        WHERE unique_key IS NOT NULL
            AND unique_states IS NOT NULL
            AND river_job_state_in_bitmask(unique_states, state)
        DO UPDATE SET kind = river_job.kind
    RETURNING id, metadata->'airlock'->>'id' AS intent, encode(unique_key, 'hex') AS unique_key
), woken AS (
    SELECT count(pg_notify(
        concat(current_schema(), '.river_insert'), json_build_object('queue', queue)::text
    )) AS queues
    FROM (SELECT DISTINCT queue FROM rows WHERE notify) AS queues
)
SELECT stored.id, stored.intent, stored.unique_key FROM stored, woken
";

/// Stores jobs like [`SQL_POSTGRES`], for SQLite 3.45 or later. [`SQL_SQLITE_NOTIFY`] wakes the workers. Read the
/// returned rows to the end.
pub const SQL_SQLITE: &str = r"
INSERT INTO river_job (
    args, kind, max_attempts, metadata, priority, queue, scheduled_at, state, unique_key, unique_states
)
SELECT
    jsonb(value->'args'), value->>'kind', value->>'max_attempts', jsonb(value->'metadata'),
    value->>'priority', value->>'queue',
    coalesce(datetime(value->>'scheduled_at', 'subsec'), datetime('now', 'subsec')),
    value->>'state', unhex(value->>'unique_key'), value->>'unique_states'
FROM json_each(?1)
WHERE true
ON CONFLICT (unique_key)
    WHERE unique_key IS NOT NULL
        AND unique_states IS NOT NULL
        AND CASE state
            WHEN 'available' THEN unique_states & (1 << 0)
            WHEN 'cancelled' THEN unique_states & (1 << 1)
            WHEN 'completed' THEN unique_states & (1 << 2)
            WHEN 'discarded' THEN unique_states & (1 << 3)
            WHEN 'pending' THEN unique_states & (1 << 4)
            WHEN 'retryable' THEN unique_states & (1 << 5)
            WHEN 'running' THEN unique_states & (1 << 6)
            WHEN 'scheduled' THEN unique_states & (1 << 7)
            ELSE 0
        END >= 1
    DO UPDATE SET kind = river_job.kind
RETURNING id, metadata->'airlock'->>'id' AS intent, lower(hex(unique_key)) AS unique_key
";

/// Wakes the workers of the queues in the same parameter, for SQLite. Execute it after [`SQL_SQLITE`], in the same
/// transaction.
pub const SQL_SQLITE_NOTIFY: &str = r"
INSERT INTO river_notification (payload, topic)
SELECT DISTINCT json_object('queue', value->>'queue'), 'river_insert'
FROM json_each(?1)
WHERE value->>'notify'
";

/// Wakes the workers of queues by name, on PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) const WAKE_POSTGRES: &str = r"
SELECT pg_notify(concat(current_schema(), '.river_insert'), json_build_object('queue', queue)::text)
FROM unnest($1::text[]) AS queue
";

/// Wakes the workers of one queue, on SQLite.
#[cfg(feature = "sqlite")]
pub(crate) const WAKE_SQLITE: &str = "INSERT INTO river_notification (payload, topic) VALUES (json_object('queue', $1), 'river_insert')";

/// Selects the unfinished jobs of a queue and an ordering key in a range of ids, on PostgreSQL. River has an index on
/// the metadata.
#[cfg(feature = "postgres")]
pub(crate) const UNFINISHED_POSTGRES: &str = r"
SELECT
    id, kind, args::text AS args, metadata::text AS metadata,
    (extract(epoch FROM created_at) * 1000000)::bigint::text AS created_at,
    encode(unique_key, 'hex') AS unique_key
FROM river_job
WHERE queue = $1 AND id BETWEEN $2 AND $3 AND metadata @> $4
    AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
ORDER BY id
LIMIT $5
";

/// Selects the same jobs on SQLite, which stores milliseconds.
#[cfg(feature = "sqlite")]
pub(crate) const UNFINISHED_SQLITE: &str = r"
SELECT
    id, kind, json(args) AS args, json(metadata) AS metadata,
    CAST(CAST(round(unixepoch(created_at, 'subsec') * 1000) AS INTEGER) * 1000 AS TEXT) AS created_at,
    iif(unique_key IS NULL, NULL, lower(hex(unique_key))) AS unique_key
FROM river_job
WHERE queue = $1 AND id BETWEEN $2 AND $3 AND metadata->'airlock'->>'ordering_key' = $4
    AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
ORDER BY id
LIMIT $5
";

/// Completes jobs that were forwarded together with another one, on PostgreSQL. When the worker of such a job returns,
/// River leaves the completed job unchanged.
#[cfg(feature = "postgres")]
pub(crate) const FINISH_POSTGRES: &str = r"
UPDATE river_job
SET state = 'completed', finalized_at = now(),
    metadata = metadata || jsonb_build_object('airlock:forwarded', $2::text)
WHERE id = ANY ($1) AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
";

/// Completes the same jobs on SQLite.
#[cfg(feature = "sqlite")]
pub(crate) const FINISH_SQLITE: &str = r#"
UPDATE river_job
SET state = 'completed', finalized_at = datetime('now', 'subsec'),
    metadata = jsonb_set(metadata, '$."airlock:forwarded"', $2)
WHERE id IN (SELECT value FROM json_each($1))
    AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
"#;

/// Durable intents as the parameter of [`SQL_POSTGRES`] or [`SQL_SQLITE`], for transactions of drivers other than sqlx.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
}

impl Rows {
    /// Creates an empty list of rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the row of a durable intent.
    ///
    /// # Errors
    ///
    /// Returns an error:
    ///
    /// - if the effect is not durable;
    /// - if the intent requests something that River does not support;
    /// - if the arguments cannot be encoded, or some are redacted and there are no keys;
    /// - if the intent contains the character NUL, which River's tables cannot hold.
    pub fn push(&mut self, intent: &Intent, keys: Option<&Keys>) -> Result<(), BoxError> {
        capabilities().check(intent).map_err(Cow::into_owned)?;
        self.rows.push(Row::from_intent(intent, keys)?);
        Ok(())
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no rows. Then there is no statement to execute.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the parameter of the statement.
    pub fn to_json(&self) -> String {
        to_json(self.rows.iter())
    }
}

/// Serialises rows to JSON, those with keys last and in the order of their keys. Transactions that store the same keys
/// then wait for each other instead of running into a deadlock.
pub(crate) fn to_json<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut rows: Vec<&Row> = rows.collect();
    rows.sort_by(|one, other| one.unique_key.cmp(&other.unique_key));
    match serde_json::to_string(&rows) {
        Ok(json) => json,
        Err(_) => unreachable!("each member has a JSON form"),
    }
}

/// Returns River's capabilities.
pub(crate) fn capabilities() -> Capabilities {
    let mut river = Capabilities::new("River");
    river.delay = true;
    river.priorities = Some(1..=4);
    river.dedupe = airlock_durable::Dedupe::WhileUnfinished;
    river.max_id_bytes = 127;
    river.max_queue_bytes = 127;
    river
}
