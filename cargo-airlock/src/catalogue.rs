//! The effects and boundaries of several built files, merged into one list.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::build::{Artifact, Selection, artifacts};
use crate::record::{Boundary, Effect, ReadError, Record, Records, read_file};
use crate::report::BoxError;

/// The effects and boundaries of the files, sorted like `airlock::catalogue::Catalogue`, without duplicates.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Catalogue {
    /// The effects, sorted by id.
    pub(crate) effects: Vec<Effect>,
    /// The boundaries, sorted by module and name.
    pub(crate) boundaries: Vec<Boundary>,
    /// The problems of the programs: clashing ids, and several versions of airlock.
    #[serde(skip)]
    pub(crate) problems: Vec<String>,
    /// The entries that are not shown, with the reason.
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
    /// `true` if some records could not be read.
    #[serde(skip)]
    pub(crate) incomplete: bool,
}

impl Catalogue {
    /// Builds the selection, and reads the built files.
    ///
    /// # Errors
    ///
    /// If the build fails, or a file has no readable records.
    pub(crate) fn load(selection: &Selection) -> Result<Self, BoxError> {
        let mut catalogue = Self::default();
        let artifacts = artifacts(selection)?;
        let alone = artifacts.len() == 1;
        let unlinked = artifacts.iter().any(|artifact| artifact.unlinked);
        for artifact in artifacts {
            match read_file(&artifact.path) {
                Ok(records) => catalogue.add(&artifact, records),
                // Some of several programs may not use airlock at all.
                Err(ReadError::NoSection { .. }) if !alone => {
                    let note = format!("{} holds no records of airlock", artifact.name);
                    catalogue.notes.push(note);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if unlinked {
            catalogue.notes.push(
                "a library holds its own effects; those of its dependencies show in the programs that link them".to_owned(),
            );
        }
        catalogue.sort();
        Ok(catalogue)
    }

    /// Adds the records of one file. Problems are checked per file, because two programs may use
    /// the same id.
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

    /// Returns the ids and aliases that two effects claim. A program with such a clash refuses to
    /// start.
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

    /// Reports several linked versions of airlock, which do not see each other's scopes.
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
             only its own: `cargo tree --duplicates --invert airlock-core` shows which crate needs which version",
            versions.join(", ")
        ))
    }

    /// Returns the effect with this id or alias.
    pub(crate) fn find(&self, name: &str) -> Option<&Effect> {
        let by_id = self.effects.iter().find(|effect| effect.id == name);
        by_id.or_else(|| {
            let mut effects = self.effects.iter();
            effects.find(|effect| effect.aliases.iter().any(|alias| alias == name))
        })
    }
}
