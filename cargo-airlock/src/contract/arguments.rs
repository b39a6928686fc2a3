//! Compares the arguments of one effect. Messages hold them by name.

use std::collections::BTreeSet;

use crate::contract::changes::{Comparison, Lines};
use crate::contract::types::{self, TypeChange};
use crate::contract::{ArgumentContract, EffectContract};

/// An argument, with its name in messages.
type Named<'a> = (&'a String, &'a ArgumentContract);

impl Comparison<'_> {
    pub(super) fn arguments(&mut self, old: &EffectContract, new: &EffectContract) {
        let mut matched = BTreeSet::new();
        for before in &old.arguments {
            let Some(after) = successor(before, old, new) else {
                self.removed(before, old, new);
                continue;
            };
            let (name, found) = (before.0, after.0);
            let is_of_another = name != found && old.arguments.contains_key(found);
            if is_of_another || !matched.insert(found) {
                self.merged(before, after);
            } else {
                self.argument(before, after);
            }
        }
        for added in &new.arguments {
            if !matched.contains(added.0) {
                self.added(added, old);
            }
        }
    }

    /// Compares one argument, which may have a new name. All checks run, because an argument may
    /// change in several ways.
    fn argument(&mut self, (name, before): Named<'_>, (found, after): Named<'_>) {
        let lines = || lines(Some((name, before)), Some((found, after)));
        let change = match before.encoded_by == after.encoded_by {
            true => types::compare(&before.type_name, &after.type_name),
            false => TypeChange::Other,
        };
        self.changed_type(change, (name, before), (found, after));
        if found != name {
            self.renamed_argument((name, before), (found, after));
        }
        if before.default && !after.default && change != TypeChange::Required {
            self.breaks(
                lines(),
                format!("messages that were stored before `{name}` was added lack it"),
                format!("`#[serde(default)]` on `{found}`, until no such message is left"),
            );
        }
        if change == TypeChange::Optional {
            // What may be missing is part of that change.
        } else if after.left_out && !before.left_out && !before.default {
            self.breaks_old_workers(
                lines(),
                format!("workers of the previous version cannot read messages without `{name}`"),
                format!(
                    "`#[serde(default)]` on `{found}` without `skip_serializing_if`; lock and deploy that, and add `skip_serializing_if` in the next version"
                ),
            );
        } else if after.left_out != before.left_out {
            self.fits(
                lines(),
                match after.left_out {
                    true => "some messages are written without it; the previous version has a default for it",
                    false => "all messages are written with it again",
                },
            );
        } else if after.default && !before.default {
            self.fits(lines(), "a default is new");
        }
        for former in before.formerly.difference(&after.formerly) {
            if former != found {
                self.breaks(
                    (Some(format!("    formerly {former}")), None),
                    format!("messages that hold it as `{former}` cannot be decoded"),
                    format!("`#[serde(alias = \"{former}\")]` on `{found}`, until no such message is left"),
                );
            }
        }
        for former in after.formerly.difference(&before.formerly) {
            if former != name {
                let line = Some(format!("    formerly {former}"));
                self.fits(
                    (None, line),
                    format!("`{former}` is read as `{found}`, too"),
                );
            }
        }
    }

    fn changed_type(
        &mut self,
        change: TypeChange,
        (name, before): Named<'_>,
        (found, after): Named<'_>,
    ) {
        let lines = lines(Some((name, before)), Some((found, after)));
        let (former, ty) = (&before.type_name, &after.type_name);
        match change {
            TypeChange::Same => {}
            TypeChange::Optional if after.left_out && before.default => self.fits(
                lines,
                "some messages are written without it; the previous version has a default for it",
            ),
            TypeChange::Optional => self.breaks_old_workers(
                lines,
                format!(
                    "stored messages are still read; workers of the previous version cannot read messages {}",
                    match after.left_out {
                        true => format!("without `{found}`"),
                        false => format!("in which `{found}` is null"),
                    }
                ),
                format!(
                    "`#[serde(default)]` on `{name}: {former}`; lock and deploy that, and write `#[serde(default, skip_serializing_if = \"Option::is_none\")] {found}: {ty}` in the next version"
                ),
            ),
            TypeChange::Required => self.breaks(
                lines,
                match after.default {
                    true => format!("stored messages in which `{name}` is null cannot be read"),
                    false => format!("stored messages in which `{name}` is null or missing cannot be read"),
                },
                format!("keep `{found}: {former}` until no such message is left"),
            ),
            TypeChange::Wider => self.breaks_old_workers(
                lines,
                format!("stored messages are still read; workers of the previous version cannot read a `{found}` that is no `{former}`"),
                format!("keep `{found}: {former}`, and add the larger number under another name with `#[serde(default)]`, or as an `Option`"),
            ),
            TypeChange::Other => self.breaks(
                lines,
                format!("stored messages hold `{name}` in its former form"),
                format!(
                    "keep `{name}` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`"
                ),
            ),
        }
    }

    fn renamed_argument(&mut self, (name, before): Named<'_>, (found, after): Named<'_>) {
        let lines = lines(Some((name, before)), Some((found, after)));
        if !after.formerly.contains(name) {
            self.breaks(
                lines,
                format!("stored messages hold `{found}` as `{name}`"),
                format!(
                    "`#[serde(alias = \"{name}\")]` on `{found}`, until no such message is left"
                ),
            );
        } else if before.formerly.contains(found) {
            self.fits(lines, "renamed; each version reads the other's name");
        } else {
            let means = match before.default {
                true => "and take its default",
                false => "and cannot read the message",
            };
            self.breaks_old_workers(
                lines,
                format!("workers of the previous version look for `{name}` in new messages, {means}"),
                format!(
                    "`#[serde(rename = \"{name}\")]` on `{found}`; or first `#[serde(alias = \"{found}\")]` on `{name}`, lock and deploy that, and rename it in the next version"
                ),
            );
        }
    }

    fn merged(&mut self, (name, before): Named<'_>, (found, after): Named<'_>) {
        self.breaks(
            lines(Some((name, before)), Some((found, after))),
            format!("stored messages hold `{name}` beside another that is read as `{found}`, and a duplicate is an error"),
            format!(
                "no `alias = \"{name}\"` on `{found}`; keep `{name}` with `#[serde(default)]` for one deployment, lock that, and remove it in the next"
            ),
        );
    }

    fn added(&mut self, (name, argument): Named<'_>, old: &EffectContract) {
        let lines = || lines(None, Some((name, argument)));
        let mut locked = old.arguments.iter();
        if let Some((other, _)) = locked.find(|(_, other)| other.formerly.contains(name)) {
            self.breaks_old_workers(
                lines(),
                format!("workers of the previous version take `{name}` for `{other}`"),
                format!("another name than `{name}`, or `#[serde(rename = \"..\")]`"),
            );
        }
        if argument.default {
            self.fits(
                lines(),
                "a new argument, with a default for stored messages; workers of the previous version ignore it",
            );
        } else {
            self.breaks(
                lines(),
                format!("stored messages lack `{name}`"),
                format!(
                    "`#[serde(default)] {name}: {0}`, or `{name}: Option<{0}>`",
                    argument.type_name
                ),
            );
        }
    }

    fn removed(&mut self, (name, before): Named<'_>, old: &EffectContract, new: &EffectContract) {
        let lines = lines(Some((name, before)), None);
        if before.default {
            self.fits(
                lines,
                "removed; workers of the previous version have a default for it",
            );
            return;
        }
        let mut added = new.arguments.iter();
        let renamed = added.find(|(added, argument)| {
            let change = types::compare(&before.type_name, &argument.type_name);
            !old.arguments.contains_key(*added) && change == TypeChange::Same
        });
        let instead = match renamed {
            Some((added, _)) => format!(
                "`#[serde(rename = \"{name}\")] {added}: {}`, if `{added}` is its new name",
                before.type_name
            ),
            None => "keep it with `#[serde(default)]` for one deployment, lock that, and remove it in the next".to_owned(),
        };
        let means =
            format!("workers of the previous version cannot read messages without `{name}`");
        self.breaks_old_workers(lines, means, instead);
    }
}

/// Returns the argument that replaces a locked one. This is the argument of the same name, or the
/// one that also reads that name, or a new one whose name the locked argument also read.
fn successor<'a>(
    (name, before): Named<'_>,
    old: &EffectContract,
    new: &'a EffectContract,
) -> Option<Named<'a>> {
    let renamed = |(found, after): &Named<'_>| {
        let is_read = before.formerly.contains(*found) && !old.arguments.contains_key(*found);
        (after.formerly.contains(name), is_read)
    };
    let new = &new.arguments;
    new.get_key_value(name)
        .or_else(|| new.iter().find(|after| renamed(after).0))
        .or_else(|| new.iter().find(|after| renamed(after).1))
}

fn lines(before: Option<Named<'_>>, after: Option<Named<'_>>) -> Lines {
    (before.map(line), after.map(line))
}

fn line((name, argument): Named<'_>) -> String {
    let mut line = format!("  argument {name}: {}", argument.type_name);
    if argument.default {
        line.push_str(", default");
    }
    if argument.left_out {
        line.push_str(", left out");
    }
    for former in &argument.formerly {
        line.push_str(&format!(", formerly {former}"));
    }
    if let Some(form) = &argument.encoded_by {
        line.push_str(&format!(", encoded by {form}"));
    }
    line
}
