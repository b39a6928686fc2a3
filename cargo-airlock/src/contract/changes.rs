//! The changes between two sets of contracts, and their effect on messages in flight.
//!
//! During a deployment, the new version reads messages that the old version wrote, and workers of
//! the old version read messages that the new version wrote. Each change is checked in both
//! directions.

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::contract::{Contracts, EffectContract};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// The severity of the change.
    pub(crate) severity: Severity,
    /// The effect, by its locked id, or the boundary.
    pub(crate) of: String,
    /// The place of its declaration, if it still exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// The line of the lock file that no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// The line that holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    /// The consequence of the change.
    pub(crate) means: String,
    /// The code to write instead, if the change is breaking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instead: Option<String>,
}

/// The impact of a change on messages in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    /// This version cannot read some stored messages, or the previous version cannot read, or
    /// misreads, some new ones.
    Breaking,
    /// This version reads all messages. The previous version does not know the new ones as durable
    /// effects and cannot decode them.
    OneWay,
    /// Both versions read all messages.
    Compatible,
    /// Not about messages.
    Note,
}

/// Returns the changes between a lock file and the current catalogue, the worst first.
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

/// Returns all changes, the worst first.
pub(crate) fn changes(before: &Contracts, after: &Contracts) -> Vec<Change> {
    let mut found = Vec::new();
    for (id, old) in &before.effects {
        Comparison {
            id,
            durable: old.durable,
            old_workers_read: true,
            found: &mut found,
        }
        .effect(old, before, after);
    }
    for (id, new) in &after.effects {
        let known = |name: &String| before.effects.contains_key(name);
        if !known(id) && !new.aliases.iter().any(known) {
            let (severity, means) = if new.durable {
                (
                    Severity::OneWay,
                    "a new durable effect; workers of the previous version do not know it",
                )
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

/// The comparison of one locked effect with the program.
pub(super) struct Comparison<'a> {
    id: &'a str,
    durable: bool,
    /// `true` if workers of the previous version take the new messages for messages of this effect.
    old_workers_read: bool,
    found: &'a mut Vec<Change>,
}

/// The old line and the new line.
pub(super) type Lines = (Option<String>, Option<String>);

impl Comparison<'_> {
    fn push(
        &mut self,
        severity: Severity,
        (before, after): Lines,
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

    /// Adds a breaking change: this version cannot read stored messages.
    pub(super) fn breaks(&mut self, lines: Lines, means: String, instead: String) {
        self.push(Severity::Breaking, lines, means, Some(instead));
    }

    /// Adds a breaking change: workers of the previous version cannot read new messages, or misread
    /// them. If they do not decode the new messages anyway, the change is compatible.
    pub(super) fn breaks_old_workers(&mut self, lines: Lines, means: String, instead: String) {
        if self.old_workers_read {
            self.breaks(lines, means, instead);
        } else {
            let means = "stored messages are still read; workers of the previous version do not decode the new ones in any case";
            self.fits(lines, means);
        }
    }

    pub(super) fn fits(&mut self, lines: Lines, means: impl Into<String>) {
        self.push(Severity::Compatible, lines, means, None);
    }

    fn effect(&mut self, old: &EffectContract, before: &Contracts, after: &Contracts) {
        let by_alias = || {
            let mut effects = after.effects.iter();
            effects.find(|(_, effect)| effect.aliases.contains(self.id))
        };
        let Some((id, new)) = after.effects.get_key_value(self.id).or_else(by_alias) else {
            self.gone(old, before, after);
            return;
        };
        let lines = (
            Some(head(self.id, old.durable)),
            Some(head(id, new.durable)),
        );
        if old.durable && !new.durable {
            self.breaks(
                lines,
                "stored messages cannot be decoded".to_owned(),
                "keep `durable` until no message of it is left".to_owned(),
            );
            self.old_workers_read = false;
        } else if new.durable && !old.durable {
            self.durable = true;
            let means = "its messages are stored from now on; workers of the previous version cannot decode them";
            self.push(Severity::OneWay, lines, means, None);
            return;
        } else if id != self.id {
            self.renamed(id, lines, old, before);
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

    fn renamed(&mut self, id: &str, lines: Lines, old: &EffectContract, before: &Contracts) {
        if old.aliases.contains(id) {
            self.fits(
                lines,
                "renamed; each version knows the other's id as an alias",
            );
            return;
        }
        self.old_workers_read = false;
        if before.effects.contains_key(id) {
            let means = format!("stored messages are taken for messages of `{id}`, by its alias");
            self.fits(lines, means);
        } else {
            let means = "renamed; stored messages find it by its alias. Workers of the previous version do not know the new id";
            self.push(Severity::OneWay, lines, means, None);
        }
    }

    fn gone(&mut self, old: &EffectContract, before: &Contracts, after: &Contracts) {
        let mut new = after.effects.iter();
        let renamed = new.find(|(id, effect)| {
            let is_new = !before.effects.contains_key(*id);
            is_new && effect.durable && effect.arguments == old.arguments
        });
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
}

/// Compares boundaries. They have no messages, so their changes are only notes.
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
            (None, Some(Some(_))) => {
                note(name, line("*"), None, "it now declares what it may emit");
            }
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
