//! What has changed between two sets of contracts, and what that does to messages in flight.
//!
//! While a new version is deployed, it meets messages that the old one wrote, and workers of the old
//! one meet messages that the new one wrote. Both are asked of each change.

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::contract::{ArgumentContract, Contracts, EffectContract};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The effect's id, as it was locked, or the boundary.
    pub(crate) of: String,
    /// Where it is declared, if it still is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// The lock file's line that is no longer true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// The line that is true now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    /// What follows from it.
    pub(crate) means: String,
    /// What to write instead, if it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instead: Option<String>,
}

/// What a change does to messages in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Some cannot be read.
    Breaking,
    /// All can be read.
    Compatible,
    /// It has no messages.
    Note,
}

/// What has changed between a lock file and what was read, the worst first.
pub(crate) fn changes_of(
    before: &Contracts,
    after: &Contracts,
    catalogue: &Catalogue,
) -> Vec<Change> {
    let mut changes = changes(before, after);
    for change in &mut changes {
        let id = change.of.strip_prefix("effect ");
        let effect = id.and_then(|id| catalogue.find(id));
        change.place = effect.map(|effect| effect.place.clone());
    }
    changes
}

/// All changes, the worst first.
pub(crate) fn changes(before: &Contracts, after: &Contracts) -> Vec<Change> {
    let mut found = Vec::new();
    for (id, old) in &before.effects {
        Comparison {
            id,
            durable: old.durable,
            found: &mut found,
        }
        .effect(old, after);
    }
    for (id, new) in &after.effects {
        let known = |name: &String| before.effects.contains_key(name);
        if !known(id) && !new.aliases.iter().any(known) {
            let (severity, means) = if new.durable {
                (Severity::Compatible, "a new durable effect")
            } else {
                (Severity::Note, "a new effect")
            };
            found.push(Change {
                severity,
                of: format!("effect {id}"),
                place: None,
                before: None,
                after: Some(head(id, new.durable)),
                means: means.to_owned(),
                instead: None,
            });
        }
    }
    boundaries(before, after, &mut found);
    found.sort_by(|a, b| (a.severity, &a.of).cmp(&(b.severity, &b.of)));
    found
}

fn head(id: &str, durable: bool) -> String {
    format!("effect {id}{}", if durable { " durable" } else { "" })
}

/// One locked effect against the program.
struct Comparison<'a> {
    id: &'a str,
    durable: bool,
    found: &'a mut Vec<Change>,
}

impl Comparison<'_> {
    fn push(
        &mut self,
        severity: Severity,
        (before, after): (Option<String>, Option<String>),
        means: impl Into<String>,
        instead: Option<String>,
    ) {
        let (severity, means, instead) = if self.durable {
            (severity, means.into(), instead)
        } else {
            let means = "it is not durable: no message of it is stored".to_owned();
            (Severity::Note, means, None)
        };
        self.found.push(Change {
            severity,
            of: format!("effect {}", self.id),
            place: None,
            before,
            after,
            means,
            instead: instead.filter(|_| severity == Severity::Breaking),
        });
    }

    fn breaks(&mut self, lines: (Option<String>, Option<String>), means: String, instead: String) {
        self.push(Severity::Breaking, lines, means, Some(instead));
    }

    fn fits(&mut self, lines: (Option<String>, Option<String>), means: &str) {
        self.push(Severity::Compatible, lines, means, None);
    }

    fn effect(&mut self, old: &EffectContract, after: &Contracts) {
        let by_alias = || {
            let mut effects = after.effects.iter();
            effects.find(|(_, effect)| effect.aliases.contains(self.id))
        };
        let Some((id, new)) = after.effects.get_key_value(self.id).or_else(by_alias) else {
            self.gone(old, after);
            return;
        };
        if id != self.id {
            let lines = (
                Some(head(self.id, old.durable)),
                Some(head(id, new.durable)),
            );
            self.fits(
                lines,
                "renamed; stored messages find it by its alias. Workers of the version before do not know the new id, and leave its messages to others",
            );
        }
        if old.durable && !new.durable {
            self.breaks(
                (Some(head(self.id, true)), Some(head(id, false))),
                "stored messages cannot be decoded".to_owned(),
                "keep `durable` until no message of it is left".to_owned(),
            );
        } else if new.durable && !old.durable {
            self.durable = true;
            let lines = (Some(head(self.id, false)), Some(head(id, true)));
            self.fits(lines, "its messages are stored from now on");
            return;
        }
        let locked = self.id;
        for alias in old
            .aliases
            .difference(&new.aliases)
            .filter(|alias| *alias != id)
        {
            self.breaks(
                (Some(format!("  alias {alias}")), None),
                format!("messages that were stored as `{alias}` find no effect"),
                format!("`alias(\"{alias}\")`, until no such message is left"),
            );
        }
        for alias in new
            .aliases
            .difference(&old.aliases)
            .filter(|alias| *alias != locked)
        {
            self.fits((None, Some(format!("  alias {alias}"))), "a new alias");
        }
        self.arguments(old, new);
    }

    fn gone(&mut self, old: &EffectContract, after: &Contracts) {
        let mut new = after.effects.iter();
        let renamed = new.find(|(_, effect)| effect.durable && effect.arguments == old.arguments);
        let hint = match renamed.filter(|_| !old.arguments.is_empty()) {
            Some((new, _)) => format!(
                "`alias(\"{}\")` at `{new}`, which has the same arguments, if that is its new name",
                self.id
            ),
            None => format!(
                "`alias(\"{}\")` at the effect, if it has a new name",
                self.id
            ),
        };
        self.breaks(
            (Some(head(self.id, old.durable)), None),
            "stored messages find no effect".to_owned(),
            format!("{hint}; else keep it until no message of it is left"),
        );
    }

    fn arguments(&mut self, old: &EffectContract, new: &EffectContract) {
        let mut matched = Vec::new();
        for (name, before) in &old.arguments {
            let line = |argument| argument_line(name, argument);
            let reads_it = |(new, after): &(&String, &ArgumentContract)| {
                *new == name || after.formerly.contains(name)
            };
            let Some((found, after)) = new.arguments.iter().find(reads_it) else {
                self.removed(name, before, old, new);
                continue;
            };
            matched.push(found);
            let lines = (Some(line(before)), Some(argument_line(found, after)));
            if before.type_name != after.type_name || before.encoded_by != after.encoded_by {
                self.breaks(
                    lines,
                    format!("stored messages hold `{name}` in its former form"),
                    format!(
                        "keep `{name}` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`"
                    ),
                );
            } else if before.default && !after.default {
                self.breaks(
                    lines,
                    format!("messages that were stored before `{name}` was added lack it"),
                    format!("`#[serde(default)]` on `{name}`, until no such message is left"),
                );
            } else if found != name {
                self.fits(lines, "renamed; the former name is still read. Workers of the version before do not know the new one");
            } else if before.default != after.default {
                self.fits(lines, "a default is new");
            }
            for former in before
                .formerly
                .difference(&after.formerly)
                .filter(|it| *it != found)
            {
                self.breaks(
                    (Some(format!("    formerly {former}")), None),
                    format!("messages that hold it as `{former}` cannot be decoded"),
                    format!("`#[serde(alias = \"{former}\")]` on `{found}`, until no such message is left"),
                );
            }
        }
        for (name, argument) in &new.arguments {
            if matched.contains(&name) {
                continue;
            }
            let lines = (None, Some(argument_line(name, argument)));
            if argument.default {
                self.fits(lines, "a new argument, with a default for stored messages");
            } else {
                self.breaks(
                    lines,
                    format!("stored messages lack `{name}`"),
                    format!(
                        "`#[serde(default)] {name}: {0}`, or `{name}: Option<{0}>`",
                        argument.type_name
                    ),
                );
            }
        }
    }

    fn removed(
        &mut self,
        name: &str,
        before: &ArgumentContract,
        old: &EffectContract,
        new: &EffectContract,
    ) {
        let lines = (Some(argument_line(name, before)), None);
        if before.default {
            self.fits(
                lines,
                "removed; workers of the version before have a default for it",
            );
            return;
        }
        let mut added = new.arguments.iter();
        let renamed = added.find(|(added, argument)| {
            !old.arguments.contains_key(*added) && argument.type_name == before.type_name
        });
        let instead = match renamed {
            Some((added, _)) => format!(
                "`#[serde(rename = \"{name}\")] {added}: {}`, if `{added}` is its new name",
                before.type_name
            ),
            None => "keep it with `#[serde(default)]` for one deployment, lock that, and remove it in the next".to_owned(),
        };
        let means = format!("workers of the version before cannot read messages without `{name}`");
        self.breaks(lines, means, instead);
    }
}

fn argument_line(name: &str, argument: &ArgumentContract) -> String {
    let mut line = format!("  argument {name}: {}", argument.type_name);
    if argument.default {
        line.push_str(", default");
    }
    for former in &argument.formerly {
        line.push_str(&format!(", formerly {former}"));
    }
    if let Some(form) = &argument.encoded_by {
        line.push_str(&format!(", encoded by {form}"));
    }
    line
}

/// Boundaries have no messages: what they emit is for people to know.
fn boundaries(before: &Contracts, after: &Contracts, found: &mut Vec<Change>) {
    let mut note = |name: &String, before: Option<String>, after: Option<String>, means: &str| {
        found.push(Change {
            severity: Severity::Note,
            of: format!("boundary {name}"),
            place: None,
            before,
            after,
            means: means.to_owned(),
            instead: None,
        });
    };
    let line = |id: &str| Some(format!("  emits {id}"));
    for (name, old) in &before.boundaries {
        match (old, after.boundaries.get(name)) {
            (_, None) => note(name, Some(format!("boundary {name}")), None, "it is gone"),
            (None, Some(Some(_))) => note(name, line("*"), None, "it says what it may emit"),
            (Some(_), Some(None)) => note(name, None, line("*"), "it may emit anything"),
            (None, Some(None)) => {}
            (Some(old), Some(Some(new))) => {
                for id in old.difference(new) {
                    note(name, line(id), None, "it may no longer emit it");
                }
                for id in new.difference(old) {
                    note(name, None, line(id), "it may emit it");
                }
            }
        }
    }
    for name in after.boundaries.keys() {
        if !before.boundaries.contains_key(name) {
            note(name, None, Some(format!("boundary {name}")), "it is new");
        }
    }
}
