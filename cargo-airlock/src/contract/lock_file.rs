//! `effects.lock`: the contracts as sorted text, one fact per line, so that its diffs are readable.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::contract::{ArgumentContract, Contracts, EffectContract};

/// The name of the file, in the root of the workspace.
pub(crate) const NAME: &str = "effects.lock";

const FORMAT: &str = "1";

const AGAIN: &str = "restore it from version control, or delete it and run `cargo airlock lock`";

/// An error in a lock file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub(crate) struct LockError {
    line: usize,
    why: String,
}

/// An error for a name that would change when the lock file is read again.
#[derive(Debug, thiserror::Error)]
#[error(
    "{of} has a name that a lock file cannot hold: give it a `name`, or its argument a `#[serde(rename = \"..\")]`, without line breaks and `: `"
)]
pub(crate) struct Unwritable {
    of: String,
}

/// Formats the contracts as a lock file.
///
/// # Errors
///
/// [`Unwritable`] names the effect or boundary that could not be read back.
pub(crate) fn text(contracts: &Contracts) -> Result<String, Unwritable> {
    let is_lost = |part: &Contracts| !parse(&write(part)).is_ok_and(|read| read == *part);
    for (id, effect) in &contracts.effects {
        let effects = [(id.clone(), effect.clone())].into();
        let boundaries = Default::default();
        if is_lost(&Contracts {
            effects,
            boundaries,
        }) {
            return Err(Unwritable {
                of: format!("the effect {id:?}"),
            });
        }
    }
    for (name, emits) in &contracts.boundaries {
        let boundaries = [(name.clone(), emits.clone())].into();
        let effects = Default::default();
        if is_lost(&Contracts {
            effects,
            boundaries,
        }) {
            return Err(Unwritable {
                of: format!("the boundary {name:?}"),
            });
        }
    }
    Ok(write(contracts))
}

fn write(contracts: &Contracts) -> String {
    let mut text = format!(
        "effects.lock {FORMAT}\n# Written by `cargo airlock lock`; commit it. `cargo airlock check` compares the program with it.\n"
    );
    for (id, effect) in &contracts.effects {
        let durable = if effect.durable { " durable" } else { "" };
        let _ = writeln!(text, "\neffect {id}{durable}");
        for alias in &effect.aliases {
            let _ = writeln!(text, "  alias {alias}");
        }
        for (name, argument) in &effect.arguments {
            let _ = writeln!(text, "  argument {name}: {}", argument.type_name);
            if argument.default {
                text.push_str("    default\n");
            }
            if argument.left_out {
                text.push_str("    left out\n");
            }
            for former in &argument.formerly {
                let _ = writeln!(text, "    formerly {former}");
            }
            if let Some(form) = &argument.encoded_by {
                let _ = writeln!(text, "    encoded by {form}");
            }
        }
    }
    for (name, emits) in &contracts.boundaries {
        let _ = writeln!(text, "\nboundary {name}");
        match emits {
            None => text.push_str("  emits *\n"),
            Some(ids) => {
                for id in ids {
                    let _ = writeln!(text, "  emits {id}");
                }
            }
        }
    }
    text
}

/// Parses a lock file.
///
/// # Errors
///
/// [`LockError`] names the first line that is not understood.
pub(crate) fn parse(text: &str) -> Result<Contracts, LockError> {
    let mut contracts = Contracts::default();
    let mut open = Open::Nothing;
    for (index, line) in text.lines().enumerate() {
        let wrong = |why: String| LockError {
            line: index + 1,
            why,
        };
        if line.starts_with(['<', '>', '=', '|']) {
            return Err(wrong(format!(
                "`{line}` is left over from a merge: take either side, then run `cargo airlock lock`"
            )));
        }
        if index == 0 {
            match line.strip_prefix("effects.lock ") {
                Some(FORMAT) => {}
                Some(format) => {
                    return Err(wrong(format!(
                        "the format is {format}, this cargo-airlock reads {FORMAT}: install the one that wrote it"
                    )));
                }
                None => {
                    return Err(wrong(format!(
                        "it should be `effects.lock {FORMAT}`; if this is the lock file, {AGAIN}"
                    )));
                }
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            open.line(line, &mut contracts).ok_or_else(|| {
                wrong(format!("`{}` is not understood here: {AGAIN}", line.trim()))
            })?;
        }
    }
    if text.is_empty() {
        let why = "it is empty: delete it, then run `cargo airlock lock`".to_owned();
        return Err(LockError { line: 1, why });
    }
    Ok(contracts)
}

/// The entry that the next line belongs to.
enum Open {
    Nothing,
    Effect(String),
    Argument(String, String),
    Boundary(String),
}

impl Open {
    fn line(&mut self, line: &str, contracts: &mut Contracts) -> Option<()> {
        if let Some(rest) = line.strip_prefix("effect ") {
            let (id, durable) = match rest.strip_suffix(" durable") {
                Some(id) => (id, true),
                None => (rest, false),
            };
            let effect = EffectContract {
                durable,
                ..EffectContract::default()
            };
            let twice = contracts.effects.insert(id.to_owned(), effect);
            *self = Self::Effect(id.to_owned());
            return twice.is_none().then_some(());
        }
        if let Some(name) = line.strip_prefix("boundary ") {
            let emits = Some(BTreeSet::new());
            let twice = contracts.boundaries.insert(name.to_owned(), emits);
            *self = Self::Boundary(name.to_owned());
            return twice.is_none().then_some(());
        }
        if let Some(id) = line.strip_prefix("  emits ") {
            let Self::Boundary(name) = self else {
                return None;
            };
            let emits = contracts.boundaries.get_mut(name)?;
            if id == "*" {
                *emits = None;
            } else {
                emits.as_mut()?.insert(id.to_owned());
            }
            return Some(());
        }
        let id = match &*self {
            Self::Effect(id) | Self::Argument(id, _) => id.clone(),
            _ => return None,
        };
        let effect = contracts.effects.get_mut(&id)?;
        if let Some(alias) = line.strip_prefix("  alias ") {
            effect.aliases.insert(alias.to_owned());
        } else if let Some(argument) = line.strip_prefix("  argument ") {
            let (name, type_name) = argument.split_once(": ")?;
            let contract = ArgumentContract {
                type_name: type_name.to_owned(),
                ..ArgumentContract::default()
            };
            effect.arguments.insert(name.to_owned(), contract);
            *self = Self::Argument(id, name.to_owned());
        } else {
            let Self::Argument(_, name) = self else {
                return None;
            };
            let argument = effect.arguments.get_mut(name)?;
            let fact = line.strip_prefix("    ")?;
            if fact == "default" {
                argument.default = true;
            } else if fact == "left out" {
                argument.left_out = true;
            } else if let Some(former) = fact.strip_prefix("formerly ") {
                argument.formerly.insert(former.to_owned());
            } else {
                argument.encoded_by = Some(fact.strip_prefix("encoded by ")?.to_owned());
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{parse, text, write};
    use crate::contract::{ArgumentContract, Contracts, EffectContract};

    #[test]
    fn what_is_written_is_read_again() {
        let text = write(&parse(FULL).expect("it is well-formed"));
        assert_eq!(text, FULL);
    }

    const FULL: &str = "\
effects.lock 1
# Written by `cargo airlock lock`; commit it. `cargo airlock check` compares the program with it.

effect mail.send durable
  alias mail.post
  argument copies: u8
    default
    left out
  argument to: Vec<(Address, Name)>
    formerly recipient
    encoded by with = \"path\"

effect orders.index
  argument order: u64

boundary shop::checkout
  emits mail.send
  emits orders.index

boundary shop::import
  emits *

boundary shop::show
";

    #[test]
    fn a_name_that_would_be_read_as_another_is_not_written() {
        let refuses = |contracts: &Contracts, what: &str| {
            let error = text(contracts).expect_err(what).to_string();
            assert!(error.starts_with(what), "{error}");
        };
        let mut contracts = Contracts::default();
        contracts.boundaries.insert("x\ny".to_owned(), None);
        refuses(&contracts, r#"the boundary "x\ny" has a name"#);
        let mut effect = EffectContract::default();
        let argument = ArgumentContract {
            type_name: "String".to_owned(),
            ..ArgumentContract::default()
        };
        effect.arguments.insert("a: b".to_owned(), argument);
        contracts.effects.insert("mail".to_owned(), effect);
        refuses(&contracts, r#"the effect "mail" has a name"#);
    }

    #[track_caller]
    fn refuses(text: &str, why: &Expect) {
        let error = parse(text).expect_err("it is wrong");
        why.assert_eq(&error.to_string());
    }

    #[test]
    fn a_file_that_is_wrong_says_where_and_what_to_do() {
        refuses(
            "",
            &expect!["line 1: it is empty: delete it, then run `cargo airlock lock`"],
        );
        refuses(
            "[package]\n",
            &expect![
                "line 1: it should be `effects.lock 1`; if this is the lock file, restore it from version control, or delete it and run `cargo airlock lock`"
            ],
        );
        refuses(
            "<<<<<<< main\neffects.lock 1\n",
            &expect![
                "line 1: `<<<<<<< main` is left over from a merge: take either side, then run `cargo airlock lock`"
            ],
        );
        refuses(
            "effects.lock 2\n",
            &expect![
                "line 1: the format is 2, this cargo-airlock reads 1: install the one that wrote it"
            ],
        );
        refuses(
            "effects.lock 1\n<<<<<<< main\n",
            &expect![
                "line 2: `<<<<<<< main` is left over from a merge: take either side, then run `cargo airlock lock`"
            ],
        );
        for line in [
            "  alias a",
            "effect a\n    default",
            "effect a\n  emits b",
            "effect a\n  argument b",
            "boundary a\n  alias b",
            "effect a\neffect a",
            "nonsense",
        ] {
            let error = parse(&format!("effects.lock 1\n{line}\n")).expect_err(line);
            assert!(
                error.to_string().contains("is not understood here"),
                "{line}: {error}"
            );
        }
    }
}
