//! The records are readable however a program was built.

use std::path::Path;
use std::process::Command;

use crate::fixture::{airlock, build, cargo, scratch, target};

/// Compares the list with the output of the program itself.
#[track_caller]
fn reads_all(how: &str, program: &Path) {
    let own = Command::new(program).output().expect("it runs");
    let own = String::from_utf8(own.stdout).expect("it prints text");
    assert_eq!(own.lines().count(), 5, "{how}: {own}");
    assert_eq!(listed(how, program), own, "{how}");
    eprintln!("read back: {how}");
}

/// Lists the effects and boundaries of a file, in the format that the program prints.
#[track_caller]
fn listed(how: &str, file: &Path) -> String {
    let output = airlock(&["list", "--format", "json", &file.to_string_lossy()]);
    assert!(
        output.status.success(),
        "{how}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let lines = |list: &str, word: &str, name: &str| {
        let rows = json[list].as_array().expect("a list").iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        rows.map(|row| format!("{word} {} {}\n", text(&row[name]), text(&row["place"])))
            .collect::<String>()
    };
    lines("effects", "effect", "id") + &lines("boundaries", "boundary", "name")
}

/// One test, because all cases build the same program.
#[test]
fn from_every_profile_and_linker_and_stripped() {
    profiles();
    if cfg!(target_os = "linux") {
        linkers();
    }
}

fn profiles() {
    for (profile, folder) in [
        ("dev", "debug"),
        ("release", "release"),
        ("thin", "thin"),
        ("fat", "fat"),
        ("small", "small"),
    ] {
        let folder = build(
            &["-p", "tiny", "--bin", "tiny", "--profile", profile],
            folder,
        );
        let program = folder.join("tiny");
        reads_all(profile, &program);
        for strip in ["strip -s", "objcopy --strip-all"] {
            let copy = scratch(&format!("stripped-{profile}")).join("tiny");
            std::fs::copy(&program, &copy).expect("it can be copied");
            let mut words = strip.split(' ');
            let tool = words.next().expect("it is not empty");
            match Command::new(tool).args(words).arg(&copy).status() {
                Ok(status) => {
                    assert!(status.success(), "{strip}");
                    reads_all(&format!("{profile}, then {strip}"), &copy);
                }
                Err(_) => eprintln!("left out: {profile}, then {strip}, which is not installed"),
            }
        }
    }
}

fn linkers() {
    for (linker, flags, tool) in [
        ("the default", "", None),
        (
            "GNU ld",
            "-Clinker-features=-lld -Clink-self-contained=-linker",
            Some("ld.bfd"),
        ),
        (
            "gold",
            "-Clinker-features=-lld -Clink-arg=-fuse-ld=gold -Clink-self-contained=-linker",
            Some("ld.gold"),
        ),
        (
            "mold",
            "-Clinker-features=-lld -Clink-arg=-fuse-ld=mold -Clink-self-contained=-linker",
            Some("mold"),
        ),
    ] {
        let installed = |tool| Command::new(tool).arg("--version").output().is_ok();
        if !tool.is_none_or(installed) {
            eprintln!("left out: {linker}, which is not installed");
            continue;
        }
        for (profile, folder) in [("dev", "debug"), ("release", "release")] {
            let mut cargo = cargo();
            cargo.args([
                "rustc",
                "-p",
                "tiny",
                "--bin",
                "tiny",
                "--profile",
                profile,
                "--",
            ]);
            let output = cargo
                .args(flags.split_whitespace())
                .output()
                .expect("there is a cargo");
            assert!(
                output.status.success(),
                "{linker}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            reads_all(
                &format!("{profile}, linked by {linker}"),
                &target().join(folder).join("tiny"),
            );
        }
    }
}

#[test]
fn from_shared_libraries_and_archives() {
    let folder = build(&["-p", "tiny", "--lib"], "debug");
    let library = format!(
        "{}tiny{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let own = "effect core.private tiny/core/src/lib.rs:15\neffect core.public tiny/core/src/lib.rs:7\n\
               effect tiny.library tiny/src/lib.rs:8\nboundary bound tiny/core/src/lib.rs:21\n";
    assert_eq!(listed("a shared library", &folder.join(library)), own);
    let archive = listed("an rlib", &folder.join("libtiny.rlib"));
    assert_eq!(archive, "effect tiny.library tiny/src/lib.rs:8\n");
}
