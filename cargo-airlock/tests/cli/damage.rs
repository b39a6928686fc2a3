//! For any bytes, decoding returns records or an error.

use std::path::Path;
use std::sync::OnceLock;

use cargo_airlock::record::{decode, read_bytes};
use proptest::prelude::*;

use crate::fixture::shop;

const MAGIC: &[u8] = b"\x91airlock";

/// Returns the built program, with the start and end of its records.
fn program() -> &'static (Vec<u8>, usize, usize) {
    static PROGRAM: OnceLock<(Vec<u8>, usize, usize)> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let bytes = std::fs::read(shop()).expect("it was built");
        let starts = bytes.windows(MAGIC.len()).enumerate();
        let starts: Vec<_> = starts
            .filter(|(_, window)| *window == MAGIC)
            .map(|(at, _)| at)
            .collect();
        let (first, last) = (starts[0], starts[starts.len() - 1]);
        let length = bytes[last + 12..last + 16]
            .try_into()
            .map(u32::from_le_bytes);
        let end = last + 16 + length.expect("it has a header") as usize;
        (bytes, first, end)
    })
}

fn section() -> &'static [u8] {
    let (bytes, start, end) = program();
    &bytes[*start..*end]
}

#[test]
fn the_section_is_found_whole() {
    let records = decode(section()).expect("it is sound");
    assert_eq!(records.records.len(), 6);
    assert!(records.newer.is_empty());
}

#[test]
fn a_section_that_is_cut_off_anywhere_is_never_half_a_record() {
    let whole = decode(section()).expect("it is sound").records;
    for length in 0..section().len() {
        match decode(&section()[..length]) {
            Ok(some) => assert_eq!(some.records, whole[..some.records.len()]),
            Err(error) => assert_eq!(error.why, "it is cut off"),
        }
    }
}

/// Returns an archive with this as its only member.
fn archive(member: &[u8]) -> Vec<u8> {
    let header = format!("{:<16}{:<32}{:<10}`\n", "member/", 0, member.len());
    [b"!<arch>\n", header.as_bytes(), member].concat()
}

/// Returns a Mach-O file for several architectures, with one slice at this offset.
fn fat(offset: u32, slice: &[u8]) -> Vec<u8> {
    let size = u32::try_from(slice.len()).expect("it is small");
    let words = [0xCAFE_BABE, 1, 0x0100_0007, 3, offset, size, 0];
    let header = words.map(u32::to_be_bytes).concat();
    [&header, slice].concat()
}

/// Returns the smallest 64-bit Mach-O object with this section.
fn macho(section: &[u8]) -> Vec<u8> {
    let words = |words: &[u32]| -> Vec<u8> {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        bytes.collect()
    };
    let named = |name: &str| {
        let mut name = name.as_bytes().to_vec();
        name.resize(16, 0);
        name
    };
    let size = u32::try_from(section.len()).expect("it is small");
    [
        words(&[0xFEED_FACF, 0x0100_0007, 3, 1, 1, 152, 0, 0]),
        words(&[0x19, 152]),
        named(""),
        words(&[0, 0, size, 0, 184, 0, size, 0, 7, 7, 1, 0]),
        named("__airlock"),
        named("__DATA"),
        words(&[0, 0, size, 0, 184, 0, 0, 0, 0, 0, 0, 0]),
        section.to_vec(),
    ]
    .concat()
}

/// Returns the smallest COFF object with this section. PE is based on COFF.
fn coff(section: &[u8]) -> Vec<u8> {
    let size = u32::try_from(section.len()).expect("it is small");
    let header: [u16; 10] = [0x8664, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let name = [0_u32, size, 60, 0, 0, 0, 0x4000_0040];
    [
        header.map(u16::to_le_bytes).concat(),
        b".airlock".to_vec(),
        [0_u32].map(u32::to_le_bytes).concat(),
        name.map(u32::to_le_bytes).concat(),
        section.to_vec(),
    ]
    .concat()
}

/// Returns a small file of each format, with the records of the program.
fn files() -> Vec<Vec<u8>> {
    let object = macho(section());
    vec![
        archive(&object),
        fat(28, &object),
        fat(28, &archive(&object)),
        coff(section()),
        object,
    ]
}

#[test]
fn every_form_of_file_is_read() {
    for file in files() {
        let records = read_bytes(Path::new("small"), &file).expect("it is sound");
        assert_eq!(records.records.len(), 6);
    }
}

#[test]
fn files_that_hold_themselves_come_to_an_end() {
    let mut itself = fat(0, &[]);
    itself[20..24].copy_from_slice(&28_u32.to_be_bytes());
    assert!(read_bytes(Path::new("itself"), &itself).is_err());
    let deep = (0..1_000).fold(archive(&[]), |inner, _| archive(&inner));
    assert!(read_bytes(Path::new("deep"), &deep).is_err());
    let deep = (0..1_000).fold(fat(28, &[]), |inner, _| fat(28, &inner));
    assert!(read_bytes(Path::new("deep"), &deep).is_err());
}

proptest! {
    #[test]
    fn changed_bytes_in_files_of_every_form(
        file in prop::sample::select(files()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = file;
        for (index, byte) in changes {
            let headers = bytes.len().min(400);
            bytes[index.index(headers)] = byte;
        }
        let length = cut.map_or(bytes.len(), |cut| cut.index(bytes.len()));
        let _ = read_bytes(Path::new("mutated"), &bytes[..length]);
    }

    #[test]
    fn changed_bytes_in_the_section(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = section().to_vec();
        for (index, byte) in changes {
            *index.get_mut(&mut bytes) = byte;
        }
        let _ = decode(&bytes);
    }

    #[test]
    fn noise_for_a_section(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        let length = u32::try_from(bytes.len()).expect("it is short").to_le_bytes();
        for kind in [1, 2] {
            let _ = decode(&[MAGIC, &[1, 0, kind, 0], &length, &bytes].concat());
        }
    }

    #[test]
    fn changed_bytes_in_the_headers_of_the_file(
        changes in prop::collection::vec((0..4096_usize, any::<u8>()), 1..8),
        from_the_end in prop::collection::vec((0..4096_usize, any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = program().0.clone();
        let length = bytes.len();
        for (index, byte) in changes {
            bytes[index] = byte;
        }
        for (index, byte) in from_the_end {
            bytes[length - 1 - index] = byte;
        }
        bytes.truncate(cut.map_or(length, |cut| cut.index(length)));
        let _ = read_bytes(Path::new("mutated"), &bytes);
    }
}
