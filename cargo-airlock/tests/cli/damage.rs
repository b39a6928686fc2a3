//! Whatever the bytes are, the answer is records or an error.

use std::path::Path;
use std::sync::OnceLock;

use cargo_airlock::record::{decode, read_bytes};
use proptest::prelude::*;

use crate::fixture::shop;

const MAGIC: &[u8] = b"\x91airlock";

/// The built program, and where its records are.
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

proptest! {
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
        let _ = decode(&[MAGIC, &[1, 0, 1, 0], &bytes].concat());
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
