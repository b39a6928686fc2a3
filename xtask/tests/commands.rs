//! Tests of the command line, the comparison of outputs, and the summary.

use std::time::Duration;

use xtask::arguments::Command;
use xtask::diff;
use xtask::stage::Stage;
use xtask::summary::{Outcome, Summary};

fn parse(line: &str) -> Result<Command, String> {
    Command::parse(
        &line
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    )
}

#[test]
fn test_runs_every_stage_of_its_own() {
    let expected = Command::Stages {
        stages: Stage::TEST.to_vec(),
        without: vec![],
    };
    assert_eq!(parse("test"), Ok(expected));
}

#[test]
fn without_can_be_repeated_in_both_forms() {
    let expected = Command::Stages {
        stages: Stage::TEST.to_vec(),
        without: vec![Stage::Ui, Stage::Examples],
    };
    assert_eq!(
        parse("test --without ui --without=examples --without ui"),
        Ok(expected)
    );
}

#[test]
fn ci_without_test_leaves_out_all_stages_of_test() {
    let expected = Command::Stages {
        stages: Stage::ALL.to_vec(),
        without: Stage::TEST.to_vec(),
    };
    assert_eq!(parse("ci --without test"), Ok(expected));
}

#[test]
fn an_unknown_stage_is_answered_with_the_known_ones() {
    assert_eq!(
        parse("test --without uii"),
        Err("this command has no stage `uii`; its stages are unit, ui, conformance, curl, browser, postgres, nats, doctest, examples".to_owned())
    );
}

#[test]
fn a_stage_of_ci_cannot_be_left_out_of_test() {
    assert!(parse("test --without fmt").is_err());
    assert!(parse("ci --without fmt").is_ok());
}

#[test]
fn bench_takes_a_factor_for_the_growth_rows() {
    let expected = Command::Bench {
        only: Some("growth".to_owned()),
        write_docs: false,
        growth_scale: Some("0.1".to_owned()),
    };
    assert_eq!(
        parse("bench --only growth --growth-scale 0.1"),
        Ok(expected)
    );
}

#[test]
fn fuzz_hands_its_options_on() {
    let options = ["--minutes", "5", "--seed", "7"];
    let expected = Command::Fuzz {
        options: options.map(str::to_owned).to_vec(),
    };
    assert_eq!(parse("fuzz --minutes 5 --seed 7"), Ok(expected));
}

#[test]
fn mistakes_are_errors() {
    for (line, message) in [
        ("tset", "there is no command `tset`"),
        ("test --wihtout ui", "there is no option `--wihtout`"),
        ("test --withoutui", "there is no option `--withoutui`"),
        ("test ui", "there is no option `ui`"),
        ("test --without", "`--without` needs the name of a stage"),
        (
            "test --without test",
            "`--without` leaves out every stage: nothing would run",
        ),
        (
            "bench --growth-scale -1",
            "`--growth-scale` needs a factor, such as 4 or 0.1, not `-1`",
        ),
        ("fuzz --seed", "`--seed` needs a number"),
        ("fuzz --seed x", "`--seed` needs a number"),
        ("fuzz --sede 1", "there is no option `--sede`"),
        (
            "bless-examples now",
            "`bless-examples` takes no argument, got `now`",
        ),
    ] {
        assert_eq!(parse(line), Err(message.to_owned()), "{line}");
    }
}

#[test]
fn every_stage_of_test_is_one_of_ci() {
    assert!(Stage::TEST.iter().all(|stage| Stage::ALL.contains(stage)));
}

#[test]
fn a_wildcard_stands_for_any_characters() {
    for (expected, actual) in [
        ("took {..} ms", "took 12 ms"),
        ("took {..}ms", "took ms"),
        ("{..}", ""),
        ("{..}", "anything"),
        ("a{..}b{..}c", "a b b c"),
        ("{..} of {..}", "1 of 2"),
        ("é{..}é", "éàé"),
        ("trailing space", "trailing space  "),
    ] {
        assert!(
            diff::matches(expected, actual),
            "{expected:?} should match {actual:?}"
        );
    }
}

#[test]
fn what_stands_around_a_wildcard_must_be_there() {
    for (expected, actual) in [
        ("took {..} ms", "took 12 s"),
        ("took {..} ms", "it took 12 ms"),
        ("ab{..}ba", "aba"),
        ("a{..}b{..}c", "a c"),
        ("plain", "plain text"),
        ("{.}", "x"),
    ] {
        assert!(
            !diff::matches(expected, actual),
            "{expected:?} should not match {actual:?}"
        );
    }
}

#[test]
fn equal_outputs_have_no_differences() {
    assert_eq!(diff::differences("one {..}\ntwo\n", "one 1\ntwo\n"), None);
}

#[test]
fn only_the_lines_that_differ_are_listed() {
    let differences = diff::differences("one\ntwo\nthree\n", "one\n2\nthree\nfour\n");
    let expected = "  - expected    2 | two\n  + printed     2 | 2\n  + printed     4 | four";
    assert_eq!(differences.as_deref(), Some(expected));
}

#[test]
fn missing_and_additional_output_is_a_difference() {
    assert!(diff::differences("one\n", "").is_some());
    assert!(diff::differences("", "one\n").is_some());
}

#[test]
fn blessing_keeps_the_wildcards_of_lines_that_were_right() {
    let blessed = diff::bless("took {..} ms\nold\nend\n", "took 3 ms\nnew\nend\n");
    assert_eq!(blessed, "took {..} ms\nnew\nend\n");
}

#[test]
fn the_summary_names_every_stage_with_its_outcome() {
    let mut summary = Summary::default();
    summary.push("unit", Outcome::Passed(Duration::from_millis(61_250)));
    summary.push("ui", Outcome::LeftOut);
    summary.push(
        "doctest",
        Outcome::Failed(Duration::from_secs(2), "exit status: 101".to_owned()),
    );
    assert!(!summary.is_success());
    assert_eq!(
        summary.to_string(),
        "summary
  unit         passed      61.2 s
  ui           left out
  doctest      FAILED       2.0 s  exit status: 101
left out by --without: ui
1 of 2 stages failed: doctest"
    );
}

#[test]
fn a_summary_without_failures_is_a_success() {
    let mut summary = Summary::default();
    summary.push("unit", Outcome::Passed(Duration::ZERO));
    assert!(summary.is_success());
    assert!(summary.to_string().ends_with("all 1 stages passed"));
}
