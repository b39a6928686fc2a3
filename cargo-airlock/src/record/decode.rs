//! From the bytes of a section to records. The form is described where it is written: in
//! `airlock-core`, `catalogue/embed.rs`.

use std::collections::BTreeMap;

use crate::record::{Argument, Boundary, Effect, Resource, Waits};

const MAGIC: &[u8; 8] = b"\x91airlock";
const FORMAT: u16 = 1;
const HEADER: usize = 16;

/// All records of one or several sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// What could be read, in the order in which it stood.
    pub records: Vec<Record>,
    /// How many records have a format that is newer than this program, by format.
    pub newer: BTreeMap<u16, usize>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An effect.
    Effect(Box<Effect>),
    /// A boundary.
    Boundary(Box<Boundary>),
}

/// A record is cut off, or not what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record at byte {offset} of the section is damaged: {why}")]
pub struct Corrupt {
    /// Where in the section the record starts.
    pub offset: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Reads the records of one section.
///
/// # Errors
///
/// [`Corrupt`] names the first record that cannot be read.
pub fn decode(section: &[u8]) -> Result<Records, Corrupt> {
    let mut found = Records::default();
    let mut offset = 0;
    while offset < section.len() {
        if section[offset] == 0 {
            offset += 1; // Linkers may pad.
            continue;
        }
        let corrupt = |why| Corrupt { offset, why };
        let length = record(&section[offset..], &mut found).map_err(corrupt)?;
        offset += length;
    }
    Ok(found)
}

/// Reads the record at the start, and says how long it is.
fn record(bytes: &[u8], found: &mut Records) -> Result<usize, &'static str> {
    let mut header = Reader { bytes };
    if header.take(MAGIC.len())? != MAGIC {
        return Err("it does not start as a record of airlock does");
    }
    let format = u16::from_le_bytes(header.array()?);
    let [kind, _] = header.array()?;
    let body = header.length()?;
    let body = header.take(body)?;
    if format == FORMAT {
        let mut reader = Reader { bytes: body };
        match kind {
            1 => found
                .records
                .push(Record::Effect(Box::new(reader.effect()?))),
            2 => found
                .records
                .push(Record::Boundary(Box::new(reader.boundary()?))),
            _ => return Err("it is of an unknown kind"),
        }
    } else {
        *found.newer.entry(format).or_default() += 1;
    }
    Ok(HEADER + body.len())
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn effect(&mut self) -> Result<Effect, &'static str> {
        let airlock = self.text()?;
        let id = self.text()?;
        let name = self.text()?;
        let intent = self.text()?;
        let package = self.text()?;
        let module = self.text()?;
        let file = self.text()?;
        let line = self.u32()?;
        let column = self.u32()?;
        let docs = self.text()?;
        let aliases = self.list(Self::text)?;
        let arguments = self.list(Self::argument)?;
        let resources = self.list(|reader| {
            Ok(Resource {
                name: reader.text()?,
                type_name: reader.text()?,
            })
        })?;
        let tags = self.list(Self::text)?;
        let queue = self.option(Self::text)?;
        let priority = self.option(|reader| reader.array().map(i16::from_le_bytes))?;
        let key = self.option(Self::text)?;
        let keeps = if self.flag()? { "first" } else { "last" };
        let retry = self.option(|reader| {
            let attempts = reader.u32()?;
            let waits = Waits {
                first_ms: reader.u64()?,
                factor: reader.u32()?,
                longest_ms: reader.u64()?,
            };
            Ok((attempts, waits))
        })?;
        Ok(Effect {
            id,
            aliases,
            name,
            intent,
            arguments,
            resources,
            tags,
            docs,
            package,
            module,
            place: format!("{file}:{line}"),
            column,
            queue,
            priority,
            key,
            keeps,
            attempts: retry.map(|(attempts, _)| attempts),
            waits: retry.map(|(_, waits)| waits),
            timeout_ms: self.option(Self::u64)?,
            durable: self.flag()?,
            is_async: self.flag()?,
            fallible: self.flag()?,
            batch: self.flag()?,
            once: self.flag()?,
            airlock,
        })
    }

    fn argument(&mut self) -> Result<Argument, &'static str> {
        Ok(Argument {
            name: self.text()?,
            type_name: self.text()?,
            redacted: self.flag()?,
            default: self.flag()?,
            encoded_as: self.option(Self::text)?,
            formerly: self.list(Self::text)?,
            encoded_by: self.option(Self::text)?,
        })
    }

    fn boundary(&mut self) -> Result<Boundary, &'static str> {
        let airlock = self.text()?;
        let name = self.text()?;
        let package = self.text()?;
        let module = self.text()?;
        let file = self.text()?;
        let line = self.u32()?;
        Ok(Boundary {
            name,
            package,
            module,
            place: format!("{file}:{line}"),
            line,
            docs: self.text()?,
            emits: self.option(|reader| reader.list(Self::text))?,
            is_async: self.flag()?,
            airlock,
        })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or("it is cut off")?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or("it is cut off")?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, &'static str> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize, &'static str> {
        usize::try_from(self.u32()?).map_err(|_| "it is longer than memory")
    }

    fn text(&mut self) -> Result<String, &'static str> {
        let length = self.length()?;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned).map_err(|_| "a text is not UTF-8")
    }

    fn flag(&mut self) -> Result<bool, &'static str> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err("a flag is neither 0 nor 1"),
        }
    }

    fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, &'static str>,
    ) -> Result<Option<T>, &'static str> {
        if self.flag()? {
            read(self).map(Some)
        } else {
            Ok(None)
        }
    }

    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, &'static str> {
        let length = self.length()?;
        // Not allocated in advance: the length may be a lie.
        (0..length).map(|_| read(self)).collect()
    }
}
