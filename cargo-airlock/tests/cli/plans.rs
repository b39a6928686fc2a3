//! Tests of `cargo airlock plan show`.

use expect_test::expect;

use crate::fixture::{check, scratch};

const HEADER: &str = r#"{"airlock_plan":1,"name":"reminders","made":"2026-11-30T08:00:00Z","intents":2,"contracts":{},"summary":{"effects":[{"effect":"mail.send","count":2,"first":"src/fill.rs:4","last":"src/fill.rs:9"}],"dropped":[{"effect":"shop.track","policy":"block","reason":null,"count":7}]}}"#;
const FIRST: &str = r#"{"effect":"mail.send","args":{"to":"ada","text":{"$sealed":"x"}},"v":1,"id":"01","at":"src/fill.rs:4:9","queue":"slow"}"#;
const SECOND: &str = r#"{"effect":"mail.send","args":{"to":"eve","text":{"$sealed":"y"}},"v":1,"id":"02","at":"src/fill.rs:9:9"}"#;

/// Writes a plan, and returns its path.
fn plan(folder: &str, lines: &[&str], done: Option<&str>) -> String {
    let path = scratch(folder).join("reminders.plan");
    std::fs::write(&path, lines.join("\n") + "\n").expect("the folder is ours");
    if let Some(done) = done {
        std::fs::write(path.with_extension("plan.done"), done).expect("the folder is ours");
    }
    path.to_string_lossy().into_owned()
}

#[test]
fn a_plan_is_shown_with_its_intents() {
    let path = plan("plan-shown", &[HEADER, FIRST, SECOND], Some("01\n"));
    check(
        &["plan", "show", &path],
        &expect![[r#"
        reminders, made 2026-11-30T08:00:00Z
        applied in part: 1 of 2 intents are done
          effect      intents  first          last           dropped by
          mail.send   2        src/fill.rs:4  src/fill.rs:9
          shop.track  7                                      block

          intent                                state  options     enqueued at
          mail.send(text: <sealed>, to: "ada")  done   queue slow  src/fill.rs:4:9
          mail.send(text: <sealed>, to: "eve")                     src/fill.rs:9:9
        -- exit code 0 --
    "#]],
    );
    check(
        &["plan", "show", &path, "--limit", "1"],
        &expect![[r#"
        reminders, made 2026-11-30T08:00:00Z
        applied in part: 1 of 2 intents are done
          effect      intents  first          last           dropped by
          mail.send   2        src/fill.rs:4  src/fill.rs:9
          shop.track  7                                      block

          intent                                state  options     enqueued at
          mail.send(text: <sealed>, to: "ada")  done   queue slow  src/fill.rs:4:9
          and 1 more; --limit shows them
        -- exit code 0 --
    "#]],
    );
    check(
        &["plan", "show", &path, "--effect", "shop.track"],
        &expect![[r#"
            reminders, made 2026-11-30T08:00:00Z
            applied in part: 1 of 2 intents are done
              effect      intents  first          last           dropped by
              mail.send   2        src/fill.rs:4  src/fill.rs:9
              shop.track  7                                      block
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn what_is_no_plan_is_refused() {
    let cut = plan("plan-cut", &[HEADER, FIRST], None);
    check(
        &["plan", "show", &cut],
        &expect![[r#"
        reminders, made 2026-11-30T08:00:00Z
          effect      intents  first          last           dropped by
          mail.send   2        src/fill.rs:4  src/fill.rs:9
          shop.track  7                                      block

          intent                                options     enqueued at
          mail.send(text: <sealed>, to: "ada")  queue slow  src/fill.rs:4:9
        -- stderr --
        error: the plan announces 2 intents and has 1: it is incomplete, so make it again
        -- exit code 1 --
    "#]],
    );
    let other = plan("plan-other", &[FIRST], None);
    let shown = crate::fixture::airlock(&["plan", "show", &other]);
    let text = String::from_utf8_lossy(&shown.stderr);
    assert!(
        text.contains("is not a plan: write one by `airlock::plan::Plan`"),
        "{text}"
    );
    assert_eq!(shown.status.code(), Some(2));
}
