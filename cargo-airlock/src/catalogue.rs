//! The effects and boundaries of several built files, as one list.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::build::{Artifact, Selection, artifacts};
use crate::record::{Boundary, Effect, ReadError, Record, Records, read_file};
use crate::report::BoxError;

/// What the files hold, sorted as `airlock::catalogue::Catalogue` sorts it, each entry once.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Catalogue {
    /// The effects, by id.
    pub(crate) effects: Vec<Effect>,
    /// The boundaries, by module and name.
    pub(crate) boundaries: Vec<Boundary>,
    /// What a program with these effects would fail of.
    #[serde(skip)]
    pub(crate) problems: Vec<String>,
    /// What is not shown, and why.
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
    /// Whether there are records that could not be read.
    #[serde(skip)]
    pub(crate) incomplete: bool,
}

impl Catalogue {
    /// Builds what is selected, and reads it.
    ///
    /// # Errors
    ///
    /// If it cannot be built, or holds nothing that can be read.
    pub(crate) fn load(selection: &Selection) -> Result<Self, BoxError> {
        let mut catalogue = Self::default();
        let artifacts = artifacts(selection)?;
        let alone = artifacts.len() == 1;
        for artifact in artifacts {
            match read_file(&artifact.path) {
                Ok(records) => catalogue.add(&artifact, records),
                // Of many programs, some need not have to do with airlock.
                Err(ReadError::NoSection { .. }) if !alone => {
                    let note = format!("{} holds no records of airlock", artifact.name);
                    catalogue.notes.push(note);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if selection.lib {
            catalogue.notes.push(
                "a library holds its own effects; those of its dependencies show in the programs that link them".to_owned(),
            );
        }
        catalogue.sort();
        Ok(catalogue)
    }

    /// Adds what one file holds. What is wrong with it is a problem of that file alone: two programs
    /// may well use one id.
    fn add(&mut self, artifact: &Artifact, records: Records) {
        let mut own = Self::default();
        for record in records.records {
            match record {
                Record::Effect(effect) => own.effects.push(*effect),
                Record::Boundary(boundary) => own.boundaries.push(*boundary),
            }
        }
        own.sort();
        for (format, count) in records.newer {
            self.incomplete = true;
            self.notes.push(format!(
                "{count} records in {} have the format {format}, which is newer than this cargo-airlock: \
                 they are left out; install the cargo-airlock of that airlock's version",
                artifact.name
            ));
        }
        let problems = own.clashes().into_iter().chain(own.versions());
        let problems = problems.map(|problem| format!("in {}, {problem}", artifact.name));
        self.problems.extend(problems);
        self.effects.extend(own.effects);
        self.boundaries.extend(own.boundaries);
    }

    fn sort(&mut self) {
        self.effects.sort_by(|a, b| {
            let key = |effect: &'_ Effect| {
                let (file, line) = effect.place.rsplit_once(':').unwrap_or((&effect.place, ""));
                (file.to_owned(), line.parse::<u32>().unwrap_or(0))
            };
            a.id.cmp(&b.id).then_with(|| key(a).cmp(&key(b)))
        });
        self.effects.dedup();
        self.boundaries
            .sort_by(|a, b| (&a.module, &a.name, a.line).cmp(&(&b.module, &b.name, b.line)));
        self.boundaries.dedup();
    }

    /// Ids and aliases that two effects claim. The program refuses to start with them.
    fn clashes(&self) -> Vec<String> {
        let mut taken: BTreeMap<&str, &Effect> = BTreeMap::new();
        let mut clashes = Vec::new();
        let ids = self
            .effects
            .iter()
            .map(|effect| (effect.id.as_str(), effect));
        let aliases = self.effects.iter().flat_map(|effect| {
            effect
                .aliases
                .iter()
                .map(move |alias| (alias.as_str(), effect))
        });
        for (name, effect) in ids.chain(aliases) {
            let first = *taken.entry(name).or_insert(effect);
            if first != effect {
                clashes.push(format!(
                    "`{name}` names two effects: `{}` at {} and `{}` at {}; give one of them another `name = \"..\"` or drop the alias",
                    first.module, first.place, effect.module, effect.place,
                ));
            }
        }
        clashes
    }

    /// Two versions of airlock know nothing of each other's scopes.
    fn versions(&self) -> Option<String> {
        let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
        let effects = self.effects.iter().map(|effect| &effect.airlock);
        for version in effects.chain(self.boundaries.iter().map(|boundary| &boundary.airlock)) {
            *versions.entry(version).or_default() += 1;
        }
        if versions.len() < 2 {
            return None;
        }
        let versions: Vec<_> = versions
            .iter()
            .map(|(version, count)| format!("{version} ({count} records)"))
            .collect();
        Some(format!(
            "two versions of airlock are linked: {}; the scopes of one refuse the intents of the other, and each lists \
             only its own: `cargo tree --duplicates --invert airlock-core` shows who wants which",
            versions.join(", ")
        ))
    }

    /// The effect with this id or alias.
    pub(crate) fn find(&self, name: &str) -> Option<&Effect> {
        let by_id = self.effects.iter().find(|effect| effect.id == name);
        by_id.or_else(|| {
            let mut effects = self.effects.iter();
            effects.find(|effect| effect.aliases.iter().any(|alias| alias == name))
        })
    }
}
