//! Decodes the bytes of a section into records. The format is documented next to the encoder, in
//! `catalogue/embed.rs` of `airlock-core`.

use std::collections::BTreeMap;

use crate::record::{Argument, Boundary, Effect, Resource, Waits};

const MAGIC: &[u8; 8] = b"\x91airlock";
const FORMAT: u16 = 1;
const HEADER: usize = 16;
const TOO_LONG: &str = "it is longer than memory";

/// All records of one or several sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The records that could be read, in the order of the section.
    pub records: Vec<Record>,
    /// The number of records whose format is newer than this program, by format.
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

/// A truncated or invalid record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record at byte {offset} of the section is damaged: {why}")]
pub struct Corrupt {
    /// The offset of the record in the section.
    pub offset: usize,
    /// A description of the damage.
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
            offset += 1; // Linkers may add padding.
            continue;
        }
        let corrupt = |why| Corrupt { offset, why };
        let length = record(&section[offset..], &mut found).map_err(corrupt)?;
        offset += length;
    }
    Ok(found)
}

/// Reads the record at the start, and returns its length.
fn record(bytes: &[u8], found: &mut Records) -> Result<usize, &'static str> {
    let mut header = Reader { bytes };
    if header.take(MAGIC.len())? != MAGIC {
        return Err("it does not start as a record of airlock does");
    }
    let format = u16::from_le_bytes(header.array()?);
    let kind = u16::from_le_bytes(header.array()?);
    let body = usize::try_from(u32::from_le_bytes(header.array()?)).map_err(|_| TOO_LONG)?;
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
        let line = self.number::<u32>()?;
        let column = self.number()?;
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
        let [
            durable,
            is_async,
            fallible,
            batch,
            once,
            keeps_first,
            has_queue,
            has_priority,
            has_key,
            has_retry,
            has_timeout,
            says_what,
        ] = self.flags()?;
        let queue = self.option(has_queue, Self::text)?;
        let priority = self.option(has_priority, Self::number::<u16>)?;
        let key = self.option(has_key, Self::text)?;
        let retry = self.option(has_retry, |reader| {
            let attempts = reader.number()?;
            let waits = Waits {
                first_ms: reader.number()?,
                factor: reader.number()?,
                longest_ms: reader.number()?,
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
            priority: priority.map(u16::cast_signed),
            key,
            keeps: if keeps_first { "first" } else { "last" },
            attempts: retry.map(|(attempts, _)| attempts),
            waits: retry.map(|(_, waits)| waits),
            timeout_ms: self.option(has_timeout, Self::number)?,
            emits: self.option(says_what, |reader| reader.list(Self::text))?,
            durable,
            is_async,
            fallible,
            batch,
            once,
            airlock,
        })
    }

    fn argument(&mut self) -> Result<Argument, &'static str> {
        let name = self.text()?;
        let type_name = self.text()?;
        let [redacted, default, is_renamed, has_form, left_out] = self.flags()?;
        Ok(Argument {
            name,
            type_name,
            redacted,
            default,
            encoded_as: self.option(is_renamed, Self::text)?,
            encoded_by: self.option(has_form, Self::text)?,
            formerly: self.list(Self::text)?,
            left_out,
        })
    }

    fn boundary(&mut self) -> Result<Boundary, &'static str> {
        let airlock = self.text()?;
        let name = self.text()?;
        let package = self.text()?;
        let module = self.text()?;
        let file = self.text()?;
        let line = self.number()?;
        let docs = self.text()?;
        let [is_async, says_what] = self.flags()?;
        Ok(Boundary {
            name,
            package,
            module,
            place: format!("{file}:{line}"),
            line,
            docs,
            emits: self.option(says_what, |reader| reader.list(Self::text))?,
            is_async,
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

    fn number<N: TryFrom<u64>>(&mut self) -> Result<N, &'static str> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return N::try_from(number).map_err(|_| "a number is too large");
            }
        }
        Err("a number is too large")
    }

    fn text(&mut self) -> Result<String, &'static str> {
        let length = self.number()?;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned).map_err(|_| "a text is not UTF-8")
    }

    fn flags<const N: usize>(&mut self) -> Result<[bool; N], &'static str> {
        let flags = self.number::<u64>()?;
        Ok(std::array::from_fn(|bit| flags >> bit & 1 == 1))
    }

    fn option<T>(
        &mut self,
        is_there: bool,
        read: impl FnOnce(&mut Self) -> Result<T, &'static str>,
    ) -> Result<Option<T>, &'static str> {
        is_there.then(|| read(self)).transpose()
    }

    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, &'static str> {
        let length = self.number::<usize>()?;
        // Not allocated in advance, because the length may be wrong.
        (0..length).map(|_| read(self)).collect()
    }
}
