//! Compares expected output with actual output, line by line.
//!
//! In an expected line `{..}` stands for any characters, also none. Space at the end of a line does
//! not count.

/// One line of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Expected, and there.
    Same {
        /// The line as the file has it, wildcards and all.
        expected: &'a str,
    },
    /// Expected, but not there.
    UnmetNeed {
        /// The expected line.
        expected: &'a str,
        /// Its number in the file, from 1.
        number: usize,
    },
    /// There, but not expected.
    Extra {
        /// The printed line.
        actual: &'a str,
        /// Its number in the output, from 1.
        number: usize,
    },
}

/// Whether a line is what an expected line says.
#[must_use]
pub fn matches(expected: &str, actual: &str) -> bool {
    let (expected, actual) = (expected.trim_end(), actual.trim_end());
    let Some((start, rest)) = expected.split_once("{..}") else {
        return expected == actual;
    };
    let Some(mut actual) = actual.strip_prefix(start) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split("{..}").collect();
    let end = pieces.pop().unwrap_or_default();
    // The leftmost place of each piece leaves the most for those that follow.
    for piece in pieces {
        match actual.find(piece) {
            Some(at) => actual = &actual[at + piece.len()..],
            None => return false,
        }
    }
    actual.ends_with(end)
}

/// Aligns both texts so that the fewest lines differ.
#[must_use]
pub fn compare<'a>(expected: &'a str, actual: &'a str) -> Vec<Line<'a>> {
    let expected: Vec<&str> = expected.lines().collect();
    let actual: Vec<&str> = actual.lines().collect();
    // same[e][a]: how many lines can be the same from line `e` and line `a` on.
    let mut same = vec![vec![0_usize; actual.len() + 1]; expected.len() + 1];
    for e in (0..expected.len()).rev() {
        for a in (0..actual.len()).rev() {
            let skip = same[e + 1][a].max(same[e][a + 1]);
            let take = if matches(expected[e], actual[a]) {
                same[e + 1][a + 1] + 1
            } else {
                0
            };
            same[e][a] = skip.max(take);
        }
    }
    let (mut e, mut a) = (0, 0);
    let mut lines = Vec::new();
    while e < expected.len() || a < actual.len() {
        let both = e < expected.len() && a < actual.len();
        if both && matches(expected[e], actual[a]) && same[e][a] == same[e + 1][a + 1] + 1 {
            lines.push(Line::Same {
                expected: expected[e],
            });
            (e, a) = (e + 1, a + 1);
        } else if e < expected.len() && (a == actual.len() || same[e + 1][a] >= same[e][a + 1]) {
            lines.push(Line::UnmetNeed {
                expected: expected[e],
                number: e + 1,
            });
            e += 1;
        } else {
            lines.push(Line::Extra {
                actual: actual[a],
                number: a + 1,
            });
            a += 1;
        }
    }
    lines
}

/// The lines that differ, as text; nothing when none does.
#[must_use]
pub fn differences(expected: &str, actual: &str) -> Option<String> {
    let different: Vec<_> = compare(expected, actual)
        .into_iter()
        .filter_map(|line| match line {
            Line::Same { .. } => None,
            Line::UnmetNeed { expected, number } => {
                Some(format!("  - expected {number:>4} | {expected}"))
            }
            Line::Extra { actual, number } => Some(format!("  + printed  {number:>4} | {actual}")),
        })
        .collect();
    if different.is_empty() {
        None
    } else {
        Some(different.join("\n"))
    }
}

/// The expected text made to fit: lines that are as expected keep their wildcards.
#[must_use]
pub fn bless(expected: &str, actual: &str) -> String {
    let mut text = String::new();
    for line in compare(expected, actual) {
        match line {
            Line::Same { expected: line } | Line::Extra { actual: line, .. } => {
                text.push_str(line.trim_end());
                text.push('\n');
            }
            Line::UnmetNeed { .. } => {}
        }
    }
    text
}
