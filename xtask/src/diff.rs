//! Compares expected output with actual output, line by line.
//!
//! In an expected line, `{..}` matches any characters, or none. Trailing whitespace is ignored.

/// One line of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// An expected line that is present.
    Same {
        /// The line of the file, including wildcards.
        expected: &'a str,
    },
    /// An expected line that is missing.
    UnmetNeed {
        /// The expected line.
        expected: &'a str,
        /// The line number in the file, from 1.
        number: usize,
    },
    /// A line that was not expected.
    Extra {
        /// The printed line.
        actual: &'a str,
        /// The line number in the output, from 1.
        number: usize,
    },
}

/// Returns whether a line matches an expected line.
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
    // The leftmost match of each piece leaves the most text for the following ones.
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
    // same[e][a]: the maximum number of equal lines, starting at line `e` and line `a`.
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

/// Returns the lines that differ, as text, or `None` if there are none.
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

/// Updates the expected text to the actual one. Lines that match keep their wildcards.
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
