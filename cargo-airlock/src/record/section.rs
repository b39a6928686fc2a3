//! Finds the sections with records of airlock in a built file.

use std::path::{Path, PathBuf};

use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{FileKind, Object, ObjectSection};

use crate::record::decode::{Corrupt, Records, decode};

/// The names of the section in ELF, Mach-O and PE.
const NAMES: [&[u8]; 3] = [b"airlock_catalogue", b"__airlock", b".airlock"];

/// An error that prevents reading the records of a built file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// It is not a built file, or its format is not supported.
    #[error(
        "{} is {what}: give a program, a library or an archive in the format ELF, Mach-O or PE", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// A description of the file.
        what: String,
    },
    /// The file is damaged.
    #[error("{} is damaged: build it again", path.display())]
    Object {
        /// The file.
        path: PathBuf,
        /// The error of the parser.
        source: object::Error,
    },
    /// The file is readable, but contains no section of airlock.
    #[error(
        "{} holds no records of airlock: it declares no effect and no boundary, was built with an airlock \
         that left none, or a tool removed the section after the build (`strip -s` does not)", path.display()
    )]
    NoSection {
        /// The file.
        path: PathBuf,
    },
    /// A record is damaged.
    #[error("cannot read the records in {}: build it again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The error of the decoder.
        source: Corrupt,
    },
}

/// Reads the records of a program, library, object or archive, without running it.
///
/// # Errors
///
/// [`ReadError`] if the file cannot be read or contains no records.
pub fn read_file(path: &Path) -> Result<Records, ReadError> {
    let data = std::fs::read(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    read_bytes(path, &data)
}

/// Reads the records in the bytes of a built file. The path is used in messages.
///
/// # Errors
///
/// [`ReadError`] if the bytes cannot be parsed or contain no records.
pub fn read_bytes(path: &Path, data: &[u8]) -> Result<Records, ReadError> {
    let path_buf = || path.to_owned();
    let mut sections = Sections::default();
    sections.file(data).map_err(|wrong| match wrong {
        Wrong::Foreign(what) => ReadError::Foreign {
            path: path_buf(),
            what,
        },
        Wrong::Object(source) => ReadError::Object {
            path: path_buf(),
            source,
        },
        Wrong::Corrupt(source) => ReadError::Corrupt {
            path: path_buf(),
            source,
        },
    })?;
    if sections.found {
        Ok(sections.records)
    } else {
        Err(ReadError::NoSection { path: path_buf() })
    }
}

#[derive(Default)]
struct Sections {
    found: bool,
    records: Records,
}

enum Wrong {
    Foreign(String),
    Object(object::Error),
    Corrupt(Corrupt),
}

impl From<object::Error> for Wrong {
    fn from(error: object::Error) -> Self {
        Self::Object(error)
    }
}

impl Sections {
    /// Reads a file. Files of one kind are never nested, so that malicious input cannot recurse
    /// endlessly.
    fn file(&mut self, data: &[u8]) -> Result<(), Wrong> {
        match kind(data)? {
            FileKind::MachOFat32 => self.fat(data, MachOFatFile32::parse(data)?.arches()),
            FileKind::MachOFat64 => self.fat(data, MachOFatFile64::parse(data)?.arches()),
            _ => self.slice(data),
        }
    }

    /// Reads the first architecture, because all of them contain the same program.
    fn fat<A: FatArch>(&mut self, data: &[u8], arches: &[A]) -> Result<(), Wrong> {
        match arches.first() {
            Some(arch) => self.slice(arch.data(data)?),
            None => Ok(()),
        }
    }

    /// Reads an archive or an object.
    fn slice(&mut self, data: &[u8]) -> Result<(), Wrong> {
        let kind = kind(data)?;
        if kind != FileKind::Archive {
            return match is_object(kind) {
                true => self.object(data),
                false => Err(Wrong::Foreign(format!("a file of the kind {kind:?}"))),
            };
        }
        let archive = ArchiveFile::parse(data)?;
        for member in archive.members() {
            let member = member?.data(data)?;
            // Archives also contain metadata and bitcode.
            if FileKind::parse(member).is_ok_and(is_object) {
                self.object(member)?;
            }
        }
        Ok(())
    }

    fn object(&mut self, data: &[u8]) -> Result<(), Wrong> {
        for section in object::File::parse(data)?.sections() {
            if NAMES.contains(&section.name_bytes()?) {
                let Records { records, newer } = decode(section.data()?).map_err(Wrong::Corrupt)?;
                self.found = true;
                self.records.records.extend(records);
                for (format, count) in newer {
                    *self.records.newer.entry(format).or_default() += count;
                }
            }
        }
        Ok(())
    }
}

fn kind(data: &[u8]) -> Result<FileKind, Wrong> {
    FileKind::parse(data).map_err(|_| Wrong::Foreign(foreign(data)))
}

fn is_object(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::Coff
            | FileKind::CoffBig
            | FileKind::Elf32
            | FileKind::Elf64
            | FileKind::MachO32
            | FileKind::MachO64
            | FileKind::Pe32
            | FileKind::Pe64
    )
}

/// Describes a file that is not a built file.
fn foreign(data: &[u8]) -> String {
    let what = if data.is_empty() {
        "empty"
    } else if data.starts_with(b"\0asm") {
        "WebAssembly, whose linker drops the records of dependencies, so that airlock writes none there"
    } else if data.starts_with(b"#!") {
        "a script"
    } else if data.starts_with(b"BC\xC0\xDE") {
        "LLVM bitcode, as link-time optimisation leaves it before linking"
    } else if std::str::from_utf8(&data[..data.len().min(512)]).is_ok() {
        "a text"
    } else {
        "no built file that can be recognised"
    };
    what.to_owned()
}
