//! The differences between the catalogues of two versions of a program.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::commands::list::duration;
use crate::contract::{Aliases, Change, Contracts, Severity, changes_of};
use crate::record::Effect;

/// The differences between two versions of a program.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Comparison {
    /// The boundaries that may emit something else than before.
    pub(crate) boundaries: Vec<BoundaryChange>,
    /// The changes of durable contracts, the worst first.
    pub(crate) contracts: Vec<Change>,
    /// The other changes of effects, by id.
    pub(crate) effects: Vec<EffectChange>,
}

/// A boundary that may emit something else than before.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BoundaryChange {
    /// The module and name.
    pub(crate) boundary: String,
    /// The versions that have it.
    pub(crate) state: State,
    /// The effects that it could not emit before; `*` means that it may emit anything.
    pub(crate) now_emits: Vec<String>,
    /// The effects that those which it emits emit in turn, and that could not run because of it before.
    pub(crate) now_causes: Vec<String>,
    /// The effects that it can no longer emit; `*` means that it could emit anything.
    pub(crate) no_longer_emits: Vec<String>,
    /// The place of its declaration.
    pub(crate) place: String,
}

/// The versions that have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It exists only in the new version.
    New,
    /// It exists only in the old version.
    Gone,
    /// It exists in both.
    Changed,
}

/// One property of an effect that changed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct EffectChange {
    /// The id in the new version, if it exists there.
    pub(crate) effect: String,
    /// The name of the property.
    pub(crate) what: &'static str,
    /// The old value, if there is one.
    pub(crate) before: Option<String>,
    /// The new value, if there is one.
    pub(crate) after: Option<String>,
    /// The consequence, unless it is obvious.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) means: &'static str,
    /// The place of its declaration.
    pub(crate) place: String,
}

impl Comparison {
    /// Compares two versions of a program.
    ///
    /// # Errors
    ///
    /// A description of the problem, if a version has two effects with one id, or unreadable
    /// records.
    pub(crate) fn new(old: &Catalogue, new: &Catalogue) -> Result<Self, String> {
        // Built files say nothing of aliases, so types are compared as written.
        let aliases = Aliases::default();
        let (before, after) = (
            Contracts::from_catalogue(old, &aliases)?,
            Contracts::from_catalogue(new, &aliases)?,
        );
        let contracts = changes_of(&before, &after, new).into_iter();
        let contracts = contracts
            .filter(|change| change.severity != Severity::Note && change.of.starts_with("effect "));
        let renamed = renamed(old, new);
        Ok(Self {
            boundaries: boundaries(old, new, &renamed),
            contracts: contracts.collect(),
            effects: effects(old, new, &renamed),
        })
    }

    /// Returns whether the versions have the same effects and boundaries.
    pub(crate) fn is_empty(&self) -> bool {
        self.boundaries.is_empty() && self.contracts.is_empty() && self.effects.is_empty()
    }
}

/// The effects that boundaries of the same module and name may emit.
#[derive(Default)]
struct Reach<'a> {
    /// The ids that they declare; `*` for anything.
    emits: BTreeSet<&'a str>,
    /// The other ids that these effects emit in turn.
    causes: BTreeSet<&'a str>,
    /// The place of one of the boundaries.
    place: &'a str,
}

impl Reach<'_> {
    fn has(&self, id: &str) -> bool {
        self.emits.contains("*") || self.emits.contains(id) || self.causes.contains(id)
    }
}

/// The new ids of effects that were renamed, by their old ones.
type Renamed<'a> = BTreeMap<&'a str, &'a str>;

fn renamed<'a>(old: &'a Catalogue, new: &'a Catalogue) -> Renamed<'a> {
    let mut renamed = Renamed::new();
    for effect in &old.effects {
        if let Some(now) = successor(effect, new) {
            renamed.insert(&effect.id, &now.id);
        }
    }
    renamed
}

/// Returns what each boundary may emit. Ids that were renamed have their new name.
fn reaches<'a>(catalogue: &'a Catalogue, renamed: &Renamed<'a>) -> BTreeMap<String, Reach<'a>> {
    let new_id = |id: &'a String| renamed.get(id.as_str()).copied().unwrap_or(id);
    let mut reaches: BTreeMap<String, Reach<'a>> = BTreeMap::new();
    for boundary in &catalogue.boundaries {
        // Methods of several types may have the same name.
        let reach = reaches.entry(boundary.path()).or_default();
        reach.place = &boundary.place;
        match &boundary.emits {
            None => _ = reach.emits.insert("*"),
            Some(ids) => reach.emits.extend(ids.iter().map(new_id)),
        }
    }
    let mut emitted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for effect in &catalogue.effects {
        let ids = effect.emits.iter().flatten().map(new_id);
        emitted.entry(new_id(&effect.id)).or_default().extend(ids);
    }
    for reach in reaches.values_mut() {
        let mut open: Vec<_> = reach.emits.iter().copied().collect();
        while let Some(id) = open.pop() {
            for next in emitted.get(id).into_iter().flatten() {
                if !reach.emits.contains(next) && reach.causes.insert(next) {
                    open.push(next);
                }
            }
        }
    }
    reaches
}

fn boundaries(old: &Catalogue, new: &Catalogue, renamed: &Renamed<'_>) -> Vec<BoundaryChange> {
    let before = reaches(old, renamed);
    let after = reaches(new, &Renamed::new());
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let none = Reach::default();
    let mut changes = Vec::new();
    for name in names {
        let (state, was, is) = match (before.get(name), after.get(name)) {
            (was, None) => (State::Gone, was.unwrap_or(&none), &none),
            (None, Some(is)) => (State::New, &none, is),
            (Some(was), Some(is)) => (State::Changed, was, is),
        };
        let added = |ids: &BTreeSet<&str>, other: &Reach<'_>| {
            let ids = ids.iter().filter(|id| !other.has(id));
            ids.map(|id| (*id).to_owned()).collect::<Vec<_>>()
        };
        let change = BoundaryChange {
            boundary: name.clone(),
            state,
            now_emits: added(&is.emits, was),
            now_causes: added(&is.causes, was),
            no_longer_emits: added(&was.emits, is),
            place: if state == State::Gone { was } else { is }.place.to_owned(),
        };
        let same = [
            &change.now_emits,
            &change.now_causes,
            &change.no_longer_emits,
        ];
        if state != State::Changed || same.iter().any(|ids| !ids.is_empty()) {
            changes.push(change);
        }
    }
    changes
}

/// Returns the effect of the new version that handles the messages of this one.
fn successor<'a>(effect: &Effect, new: &'a Catalogue) -> Option<&'a Effect> {
    let by_old_alias = || {
        let mut aliases = effect.aliases.iter();
        aliases.find_map(|alias| new.effects.iter().find(|it| it.id == *alias))
    };
    new.find(&effect.id).or_else(by_old_alias)
}

fn effects(old: &Catalogue, new: &Catalogue, renamed: &Renamed<'_>) -> Vec<EffectChange> {
    let mut changes = Vec::new();
    let mut known = BTreeSet::new();
    for was in &old.effects {
        let Some(is) = successor(was, new) else {
            changes.push(EffectChange {
                effect: was.id.clone(),
                what: "effect",
                before: Some(was.intent.clone()),
                after: None,
                means: "it is gone",
                place: was.place.clone(),
            });
            continue;
        };
        known.insert(&is.id);
        let ids = ("id", Some(was.id.clone()), Some(is.id.clone()));
        let facts = facts(was, renamed)
            .into_iter()
            .zip(facts(is, &Renamed::new()));
        let facts = facts.map(|((what, before), (_, after))| (what, before, after));
        for (what, before, after) in std::iter::once(ids).chain(facts) {
            let told = match what {
                // The contract says it better.
                "arguments" => was.durable && is.durable,
                "kept of a key" => before.is_none() || after.is_none(),
                _ => false,
            };
            if before != after && !told {
                changes.push(EffectChange {
                    effect: is.id.clone(),
                    what,
                    means: means(what, before.is_some(), after.is_some()),
                    before,
                    after,
                    place: is.place.clone(),
                });
            }
        }
    }
    for is in new.effects.iter().filter(|is| !known.contains(&is.id)) {
        changes.push(EffectChange {
            effect: is.id.clone(),
            what: "effect",
            before: None,
            after: Some(is.intent.clone()),
            means: "it is new",
            place: is.place.clone(),
        });
    }
    changes.sort_by(|a, b| a.effect.cmp(&b.effect));
    changes.dedup();
    changes
}

/// Returns the properties of an effect, in a fixed order. Ids that were renamed have their new name.
fn facts(effect: &Effect, renamed: &Renamed<'_>) -> Vec<(&'static str, Option<String>)> {
    let listed = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    let flag = |holds: bool| holds.then(|| "yes".to_owned());
    let arguments = effect.arguments.iter();
    let redacted = arguments.clone().filter(|argument| argument.redacted);
    let arguments = arguments.map(|it| format!("{}: {}", it.name, it.type_name));
    let resources = effect.resources.iter();
    let keeps = effect.key.as_ref().map(|_| effect.keeps.to_owned());
    let new_id = |id: &String| renamed.get(id.as_str()).map_or(&**id, |id| id).to_owned();
    let emits = effect.emits.as_ref().map(|ids| {
        let ids = listed(ids.iter().map(new_id).collect());
        ids.unwrap_or_else(|| "nothing".to_owned())
    });
    let waits = effect.waits.map(|waits| {
        format!(
            "{}, times {}, at most {}",
            duration(waits.first_ms),
            waits.factor,
            duration(waits.longest_ms)
        )
    });
    vec![
        ("key", effect.key.clone()),
        ("kept of a key", keeps),
        ("durable", flag(effect.durable)),
        ("arguments", listed(arguments.collect())),
        (
            "redacted",
            listed(redacted.map(|it| it.name.clone()).collect()),
        ),
        (
            "needs",
            listed(resources.map(|it| it.type_name.clone()).collect()),
        ),
        ("emits", emits),
        ("once", flag(effect.once)),
        ("batch", flag(effect.batch)),
        ("attempts", effect.attempts.map(|number| number.to_string())),
        ("waits", waits),
        ("timeout", effect.timeout_ms.map(duration)),
        ("queue", effect.queue.clone()),
        ("priority", effect.priority.map(|number| number.to_string())),
        ("tags", listed(effect.tags.clone())),
    ]
}

/// Returns the consequence of a change that removes protection.
fn means(what: &str, was: bool, is: bool) -> &'static str {
    match (what, was, is) {
        ("key", true, false) => {
            "it lost its key: equal intents are no longer coalesced, and repetitions no longer recognised"
        }
        ("key", true, true) => {
            "other intents than before are taken for equal; stored messages have the old key"
        }
        ("redacted", true, _) => "compare the lists: what is no longer redacted shows in logs",
        ("attempts", true, false) => "it is no longer retried",
        ("emits", true, false) => "it may now emit anything",
        ("timeout", true, false) => "an attempt may take any time",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
