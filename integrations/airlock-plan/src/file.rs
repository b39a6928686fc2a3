//! The plan file: a header in its first line, then one envelope per line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use airlock_core::EffectDescriptor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::summary::Summary;

/// The version of the format that this crate writes and reads.
pub(crate) const VERSION: u16 = 1;

/// The first line of a plan.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of the format. Its name tells what the file is.
    pub(crate) airlock_plan: u16,
    /// A name for people.
    pub(crate) name: String,
    /// The time at which it was made: RFC 3339, in UTC.
    pub(crate) made: String,
    /// The number of intents, by which a truncated file is recognised.
    pub(crate) intents: usize,
    /// The contracts of the effects, by id.
    pub(crate) contracts: BTreeMap<String, Value>,
    /// The intents of each effect, and those that policies dropped.
    pub(crate) summary: Summary,
}

impl Header {
    pub(crate) fn new(name: String, summary: Summary, contracts: BTreeMap<String, Value>) -> Self {
        let made = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Self {
            airlock_plan: VERSION,
            name,
            made,
            intents: summary.len(),
            contracts,
            summary,
        }
    }
}

/// Returns the contract of an effect: its arguments, as its encoded intents contain them.
pub(crate) fn contract(effect: &EffectDescriptor) -> Value {
    serde_json::to_value(effect.arguments()).unwrap_or(Value::Null)
}

/// Returns the path with a suffix: `backfill.plan` and `done` make `backfill.plan.done`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Writes a plan. The file is complete, or is not there.
pub(crate) fn write(path: &Path, header: &Header, lines: &[String]) -> io::Result<()> {
    let partial = beside(path, "partial");
    let mut file = BufWriter::new(File::create(&partial)?);
    serde_json::to_writer(&mut file, header)?;
    file.write_all(b"\n")?;
    for line in lines {
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()?;
    std::fs::rename(partial, path)
}

/// An error that makes a plan file unusable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("line {line}: {why}")]
    Line { line: usize, why: String },
    #[error(
        "it has the format {found}, and this program reads {VERSION}: apply it with the version that wrote it"
    )]
    Version { found: u16 },
    #[error(
        "its header announces {announced} intents, and it has {found}: it is incomplete, so make the plan again"
    )]
    Incomplete { announced: usize, found: usize },
}

/// Reads a plan: its header and its lines.
pub(crate) fn read(path: &Path) -> Result<(Header, Vec<String>), FileError> {
    let mut lines = BufReader::new(File::open(path)?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let header: Header = serde_json::from_str(&first).map_err(|error| FileError::Line {
        line: 1,
        why: format!("not the header of a plan: {error}"),
    })?;
    if header.airlock_plan != VERSION {
        let found = header.airlock_plan;
        return Err(FileError::Version { found });
    }
    let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    if lines.len() != header.intents {
        return Err(FileError::Incomplete {
            announced: header.intents,
            found: lines.len(),
        });
    }
    Ok((header, lines))
}
