//! Measures `cargo airlock lint` on two annotated code bases.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fixture::airlock;

/// A line and the rule of its finding.
type Place = (String, usize, String);

/// Returns the lines that end with `//~ RULE`.
fn expected(root: &Path, folder: &Path, places: &mut BTreeSet<Place>) {
    for entry in folder.read_dir().expect("it is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            expected(root, &path, places);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let file = path.strip_prefix(root).expect("it is inside");
            let text = std::fs::read_to_string(&path).expect("it can be read");
            for (index, line) in text.lines().enumerate() {
                if let Some((_, rule)) = line.split_once("//~ ") {
                    let file = file.display().to_string().replace('\\', "/");
                    places.insert((file, index + 1, rule.to_owned()));
                }
            }
        }
    }
}

fn found(root: &Path, package: &str) -> BTreeSet<Place> {
    let manifest = root.join("Cargo.toml").to_string_lossy().into_owned();
    let command = ["lint", "-p", package, "--format", "json"];
    let output = airlock(&[&command[..], &["--manifest-path", &manifest]].concat());
    let findings: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let findings = findings.as_array().expect("it is a list");
    let place = |finding: &Value| {
        let line = finding["line"]
            .as_u64()
            .and_then(|line| line.try_into().ok());
        (
            finding["file"].as_str().expect("it is a path").to_owned(),
            line.expect("it is a number"),
            finding["rule"].as_str().expect("it is a name").to_owned(),
        )
    };
    findings.iter().map(place).collect()
}

/// Checks that at least 90 % of the annotated lines are found, and that under 3 % of the findings
/// are false.
#[track_caller]
fn measure(package: &str, at_least: usize) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut expected_places = BTreeSet::new();
    expected(&root, &root.join(package), &mut expected_places);
    let found = found(&root, package);
    let missed: Vec<_> = expected_places.difference(&found).collect();
    let false_alarms: Vec<_> = found.difference(&expected_places).collect();
    let hits = expected_places.len() - missed.len();
    let mut report = format!(
        "{hits} of {} found, {} of {} findings are false\n",
        expected_places.len(),
        false_alarms.len(),
        found.len()
    );
    for (what, places) in [("missed", missed), ("false", false_alarms.clone())] {
        for (file, line, rule) in places {
            let _ = writeln!(report, "{what}: {file}:{line}: {rule}");
        }
    }
    // An annotation that is lost must not raise the rate.
    assert!(expected_places.len() >= at_least, "{report}");
    assert!(hits * 100 >= expected_places.len() * 90, "{report}");
    assert!(false_alarms.len() * 100 < found.len() * 3, "{report}");
}

#[test]
fn in_a_legacy_shop_the_lint_finds_nine_of_ten() {
    measure("shop", 129);
}

#[test]
fn in_an_async_service_the_lint_finds_nine_of_ten() {
    measure("service", 61);
}
