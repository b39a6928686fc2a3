//! Contracts: the properties that stored messages and other programs rely on.

mod aliases;
mod arguments;
mod changes;
#[cfg(test)]
mod deployments;
mod file;
mod lock_file;
mod opaque;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use self::opaque::opaque_names;
use self::types::{TypeChange, compare, is_option};
use crate::catalogue::Catalogue;
use crate::record::{Argument, Effect};

pub(crate) use self::aliases::Aliases;
pub(crate) use self::changes::{Change, Severity, changes_of};
pub(crate) use self::file::{FileError, read_file, write_file};
pub(crate) use self::lock_file::NAME;

/// The contracts of a program, or of all programs of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contracts {
    /// The contracts of the effects, by id.
    pub(crate) effects: BTreeMap<String, EffectContract>,
    /// The effects that each boundary may enqueue, by module and name; `None` if it does not
    /// declare them.
    pub(crate) boundaries: BTreeMap<String, Option<BTreeSet<String>>>,
}

/// The contract of an effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EffectContract {
    /// `true` if its messages may be stored.
    pub(crate) durable: bool,
    /// Other ids under which it is found.
    pub(crate) aliases: BTreeSet<String>,
    /// The arguments, by their names in encoded intents.
    pub(crate) arguments: BTreeMap<String, ArgumentContract>,
}

/// The contract of one argument in an encoded intent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ArgumentContract {
    /// The type, as written, with aliases resolved.
    pub(crate) type_name: String,
    /// `true` if it may be missing.
    pub(crate) default: bool,
    /// Other names under which it is read.
    pub(crate) formerly: BTreeSet<String>,
    /// Other serde attributes that change its encoding.
    pub(crate) encoded_by: Option<String>,
    /// `true` if some messages are written without it.
    pub(crate) left_out: bool,
}

impl Contracts {
    /// Returns the contracts of a catalogue.
    ///
    /// # Errors
    ///
    /// A description of the problem, if two programs have different effects with one id, or some
    /// records were not understood.
    pub(crate) fn from_catalogue(catalogue: &Catalogue, aliases: &Aliases) -> Result<Self, String> {
        if catalogue.incomplete {
            return Err(format!(
                "an incomplete list cannot be locked or checked: {}",
                catalogue.notes.join("; ")
            ));
        }
        let mut contracts = Self::default();
        let mut places: BTreeMap<&str, &str> = BTreeMap::new();
        for effect in &catalogue.effects {
            let contract = EffectContract::from_effect(effect, aliases);
            let before = contracts.effects.insert(effect.id.clone(), contract);
            if before.is_some_and(|before| before != contracts.effects[&effect.id]) {
                return Err(format!(
                    "`{}` is one effect at {} and another at {}; a lock file holds one contract for each id: give one of them \
                     another `name = \"..\"`, or lock the programs apart, with --bin and --lock-file",
                    effect.id,
                    places[effect.id.as_str()],
                    effect.place,
                ));
            }
            places.insert(&effect.id, &effect.place);
        }
        for boundary in &catalogue.boundaries {
            let name = format!("{}::{}", boundary.module, boundary.name);
            let emits = boundary.emits.as_ref();
            let emits = emits.map(|ids| ids.iter().cloned().collect::<BTreeSet<_>>());
            contracts
                .boundaries
                .entry(name)
                // Methods of several types may have the same name.
                .and_modify(|before| match (before.as_mut(), &emits) {
                    (Some(before), Some(emits)) => before.extend(emits.iter().cloned()),
                    _ => *before = None,
                })
                .or_insert(emits);
        }
        Ok(contracts)
    }

    /// Returns the names of the types of durable arguments that do not tell how they are encoded.
    pub(crate) fn opaque_types(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let durable = self.effects.values().filter(|effect| effect.durable);
        for argument in durable.flat_map(|effect| effect.arguments.values()) {
            opaque_names(&argument.type_name, &mut names);
        }
        names
    }
}

impl EffectContract {
    /// Returns the contract of this effect.
    pub(crate) fn from_effect(effect: &Effect, aliases: &Aliases) -> Self {
        let arguments = effect.arguments.iter().map(|argument| {
            let contract = ArgumentContract::from_argument(effect, argument, aliases);
            (argument.encoded_name().to_owned(), contract)
        });
        Self {
            durable: effect.durable,
            aliases: effect.aliases.iter().cloned().collect(),
            arguments: arguments.collect(),
        }
    }
}

impl ArgumentContract {
    /// Returns the contract of an argument of this effect.
    pub(crate) fn from_argument(effect: &Effect, argument: &Argument, aliases: &Aliases) -> Self {
        let name = argument.encoded_name();
        let formerly = argument.formerly.iter().filter(|former| *former != name);
        let type_name = aliases.type_of(effect, argument);
        // The record knows an `Option` by its name, and not by an alias.
        let by_alias = effect.durable && argument.encoded_by.is_none() && is_option(&type_name);
        Self {
            default: argument.default || by_alias,
            formerly: formerly.cloned().collect(),
            encoded_by: argument.encoded_by.clone(),
            left_out: argument.left_out,
            type_name,
        }
    }

    /// Returns whether the type that the source names is an alias of the type in the contract.
    pub(crate) fn resolves_alias(&self, argument: &Argument) -> bool {
        compare(&argument.type_name, &self.type_name) != TypeChange::Same
    }
}
