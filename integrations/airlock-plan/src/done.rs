//! The record of what has been applied, beside the plan: the id of each dispatched intent, one per line.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use uuid::Uuid;

/// The open record, locked against a second application of the plan.
pub(crate) struct Done {
    file: File,
    ids: HashSet<Uuid>,
}

impl Done {
    /// Opens the record. Returns `None` if another process applies the plan.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut ids = HashSet::new();
        let mut ends_in_a_line = true;
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            ends_in_a_line = line.ends_with('\n');
            // A last line that a crash cut off is no id, or one without its end: it is repeated.
            if ends_in_a_line {
                ids.extend(line.trim_end().parse::<Uuid>().ok());
            }
            line.clear();
        }
        let mut done = Self { file, ids };
        if !ends_in_a_line {
            done.file.write_all(b"\n")?;
        }
        Ok(Some(done))
    }

    pub(crate) fn contains(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// Records dispatched intents, durably.
    pub(crate) fn add(&mut self, ids: &[Uuid]) -> io::Result<()> {
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.file.write_all(lines.as_bytes())?;
        self.file.sync_data()?;
        self.ids.extend(ids);
        Ok(())
    }
}
