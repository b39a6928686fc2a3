//! Golden samples of durable effects, in files of the versions before.
#![cfg(feature = "serde")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;

use airlock::testing::golden;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Address {
    street: String,
    #[serde(default)]
    zip: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Way {
    Post(Address),
    Pigeon { name: String },
}

#[airlock::effect(durable, name = "letter.send", alias("letter.post"))]
fn send_letter(way: Way, #[serde(default)] copies: u128) {
    let _ = (way, copies);
}

#[airlock::effect(durable, name = "letter.burn", redact(secret))]
fn burn(letter: u64, secret: String) {
    let _ = (letter, secret);
}

#[airlock::effect]
#[allow(dead_code, reason = "it needs no sample")]
fn fleeting(n: u32) {
    let _ = n;
}

fn by_post() -> SendLetter {
    let address = Address {
        street: "Main".to_owned(),
        zip: 0,
    };
    send_letter(Way::Post(address), 0)
}

fn by_pigeon() -> SendLetter {
    let name = "Ada".to_owned();
    send_letter(Way::Pigeon { name }, u128::MAX)
}

fn burning() -> Burn {
    burn(7, "hush".to_owned())
}

/// A folder of samples, at first empty.
struct Samples(PathBuf);

impl Samples {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("golden")
            .join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("it is ours");
        }
        let samples = Self(folder);
        assert!(samples.problems().is_some(), "the files are new");
        assert_eq!(samples.problems(), None, "the files are there");
        samples
    }

    /// Returns the message of the comparison with all three samples.
    fn problems(&self) -> Option<String> {
        self.run(|folder| golden!(folder; by_post(), by_pigeon(), burning()))
    }

    fn run(&self, golden: impl FnOnce(&str)) -> Option<String> {
        let folder = self.0.to_str().expect("it is UTF-8");
        let panicked = catch_unwind(AssertUnwindSafe(|| golden(folder))).err()?;
        let message = panicked.downcast::<String>().expect("it is formatted");
        Some(
            message
                .replace(folder, "{folder}")
                .replace(file!(), "{file}"),
        )
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect("it was written")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("the folder is there");
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{from} in {text}");
        self.write(file, &text.replace(from, to));
    }
}

#[test]
fn samples_are_written_once_and_then_compared() {
    let samples = Samples::new("written");
    insta::assert_snapshot!(samples.read("letter.send.json"), @r#"
    {
      "copies": 0,
      "way": {
        "Post": {
          "street": "Main",
          "zip": 0
        }
      }
    }
    "#);
    insta::assert_snapshot!(samples.read("letter.send@2.json"), @r#"{"way":{"Pigeon":{"name":"Ada"}},"copies":340282366920938463463374607431768211455}"#);
    let mut files: Vec<_> = fs::read_dir(&samples.0)
        .expect("it is a folder")
        .map(|entry| entry.expect("it is readable").file_name())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["letter.burn.json", "letter.send.json", "letter.send@2.json"]
    );
}

#[test]
fn a_file_that_is_new_has_to_be_committed() {
    let samples = Samples::new("new");
    fs::remove_file(samples.0.join("letter.burn.json")).expect("it is there");
    insta::assert_snapshot!(samples.problems().expect("a file is new"), @r#"
    golden samples in {folder}:
      {folder}/letter.burn.json: the file was missing, and has been written
          commit it, and run the test again
    "#);
    assert_eq!(samples.problems(), None);
}

#[test]
fn a_field_that_the_file_lacks_is_no_change_if_it_has_a_default() {
    let samples = Samples::new("default");
    samples.write("letter.send.json", r#"{"way":{"Post":{"street":"Main"}}}"#);
    assert_eq!(samples.problems(), None);
    assert!(
        !samples.read("letter.send.json").contains("copies"),
        "it is left as it was"
    );
}

#[test]
fn a_form_that_is_no_longer_read_is_reported() {
    let samples = Samples::new("unread");
    samples.replace("letter.send.json", "Post", "Telegram");
    samples.replace("letter.burn.json", "\"hush\"", "4711");
    insta::assert_snapshot!(samples.problems().expect("two files are not read"), @r#"
    golden samples in {folder}:
      {folder}/letter.burn.json: `letter.burn` at {file}:31 cannot read it: argument `secret`: invalid type: integer `4711`, expected a string at line 1 column 4
          messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = "..")]` on a renamed one. Only if no such message is left, set AIRLOCK_UPDATE_GOLDEN=1
      {folder}/letter.send.json: `letter.send` at {file}:26 cannot read it: argument `way`: unknown variant `Telegram`, expected `Post` or `Pigeon` at line 2 column 14
          messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = "..")]` on a renamed one. Only if no such message is left, set AIRLOCK_UPDATE_GOLDEN=1
    "#);
}

#[test]
fn a_value_that_is_lost_is_reported() {
    let samples = Samples::new("lost");
    samples.replace(
        "letter.send.json",
        "\"street\"",
        "\"city\": \"Rome\", \"street\"",
    );
    insta::assert_snapshot!(samples.problems().expect("a field is lost"), @r#"
    golden samples in {folder}:
      {folder}/letter.send.json: it is read, and then written differently: `way.Post.city` was "Rome", and is missing now
          messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = "..")]` on a renamed one. Only if no such message is left, set AIRLOCK_UPDATE_GOLDEN=1
    "#);
}

#[test]
fn another_sample_does_not_overwrite_a_file() {
    let samples = Samples::new("another");
    let before = samples.read("letter.burn.json");
    let problems = samples.run(|folder| {
        golden!(folder; by_post(), by_pigeon(), burn(8, "hush".to_owned()));
    });
    insta::assert_snapshot!(problems.expect("a sample has changed"), @r#"
    golden samples in {folder}:
      {folder}/letter.burn.json: the sample in the test is another: `letter` was 7, and is 8 now
          keep the former sample, and add the new one after it, which gets a separate file. Only if no message in the former form is left, set AIRLOCK_UPDATE_GOLDEN=1
    "#);
    assert_eq!(samples.read("letter.burn.json"), before);
}

#[test]
fn a_file_without_a_sample_is_read_by_the_alias_too() {
    let samples = Samples::new("former");
    samples.write("letter.post.json", &samples.read("letter.send.json"));
    samples.write("README.md", "no sample");
    assert_eq!(samples.problems(), None);
    samples.write("letter.fold.json", "{}");
    samples.write("letter.post.json", "{}");
    insta::assert_snapshot!(samples.problems().expect("two files are not read"), @r#"
    golden samples in {folder}:
      {folder}/letter.fold.json: no effect has the id or alias `letter.fold`: if it was renamed, give it `alias("letter.fold")`
          messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = "..")]` on a renamed one. Only if no such message is left, delete the file
      {folder}/letter.post.json: `letter.post` at {file}:26 cannot read it: missing field `way`
          messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = "..")]` on a renamed one. Only if no such message is left, delete the file
    "#);
}

#[test]
fn effects_without_a_sample_are_listed() {
    let samples = Samples::new("listed");
    let problems = samples.run(|folder| golden!(folder; by_post(), by_pigeon()));
    insta::assert_snapshot!(problems.expect("a sample is missing"), @r#"
    golden samples in {folder}:
      `letter.burn` at {file}:31 has no sample
          add one: `golden::burn(/* letter: u64 */, /* secret: String */)`
    "#);
    let problems = samples.run(|folder| golden!(folder, all; by_post(), by_pigeon()));
    assert!(problems.is_some_and(|text| text.contains("`letter.burn`")));
}

/// It runs the comparison in a child process, which alone has the variable.
#[test]
fn an_update_overwrites_what_has_changed_and_nothing_else() {
    const FOLDER: &str = "AIRLOCK_GOLDEN_FOLDER";
    const NAME: &str = "an_update_overwrites_what_has_changed_and_nothing_else";
    if let Ok(folder) = std::env::var(FOLDER) {
        golden!(&folder; by_post(), by_pigeon(), burning());
        return;
    }
    let samples = Samples::new("overwritten");
    let before = samples.read("letter.burn.json");
    samples.write("letter.burn.json", r#"{"letter":7}"#);
    let unchanged = samples.read("letter.send@2.json") + "\n\n";
    samples.write("letter.send@2.json", &unchanged);
    fs::remove_file(samples.0.join("letter.send.json")).expect("it is there");
    let child = Command::new(std::env::current_exe().expect("it is running"))
        .args(["--exact", NAME])
        .env("AIRLOCK_UPDATE_GOLDEN", "1")
        .env(FOLDER, &samples.0)
        .output()
        .expect("it is a program");
    assert!(child.status.success(), "{child:?}");
    assert_eq!(samples.read("letter.burn.json"), before);
    assert_eq!(samples.read("letter.send@2.json"), unchanged);
    assert_eq!(samples.problems(), None);
}
