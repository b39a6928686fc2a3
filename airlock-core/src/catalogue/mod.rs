//! The catalogue of every effect and boundary that the program declares.
//!
//! `#[airlock::effect]` and `#[airlock::boundary]` submit their descriptors through `inventory`.
//! Rust links a crate only if code names it. So the effects of a crate that is listed in
//! `Cargo.toml` but never used are missing here. Write `use that_crate as _;` to link it.

pub(crate) mod embed;
mod print;
pub(crate) mod registration;
#[cfg(feature = "serde")]
mod serialize;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use once_cell::sync::OnceCell;

use crate::effect::{BoxError, Effect};
use crate::intent::Intent;

pub(crate) use self::registration::registered_resources;
pub use self::registration::{RegisterError, register};
pub use crate::effect::{
    Argument, BoundaryDescriptor, Coalesce, EffectDescriptor, EffectSet, ResourceNeed, RetryRule,
};

static GLOBAL: OnceCell<Catalogue> = OnceCell::new();

/// All effects and boundaries of the program, sorted, with look-ups by id, alias and type.
///
/// `Display` prints both as aligned tables. With the feature `serde`, it implements `Serialize`.
#[derive(Debug)]
pub struct Catalogue {
    effects: Vec<&'static EffectDescriptor>,
    boundaries: Vec<&'static BoundaryDescriptor>,
    by_name: HashMap<&'static str, &'static EffectDescriptor>,
}

/// Returns the effects that the program declares, sorted by id.
///
/// # Panics
///
/// If the catalogue is invalid. [`Catalogue::global`] returns that as an error.
#[track_caller]
pub fn effects() -> &'static [&'static EffectDescriptor] {
    sound(Catalogue::global()).effects()
}

/// Returns the boundaries that the program declares, sorted by module, name and line.
///
/// # Panics
///
/// If the catalogue is invalid. [`Catalogue::global`] returns that as an error.
#[track_caller]
pub fn boundaries() -> &'static [&'static BoundaryDescriptor] {
    sound(Catalogue::global()).boundaries()
}

#[track_caller]
fn sound(catalogue: Result<&'static Catalogue, CatalogueError>) -> &'static Catalogue {
    match catalogue {
        Ok(catalogue) => catalogue,
        Err(error) => panic!("{error}"),
    }
}

impl Catalogue {
    /// Returns the catalogue of this program, which the first call builds.
    ///
    /// [`AirlockBuilder::build`](crate::AirlockBuilder::build) calls it, so that an invalid
    /// catalogue is an error at start-up.
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] if two effects claim the same id or alias.
    pub fn global() -> Result<&'static Self, CatalogueError> {
        GLOBAL.get_or_try_init(|| {
            let (effects, boundaries) = registration::collect();
            Self::from_descriptors(effects, boundaries)
        })
    }

    fn from_descriptors(
        mut effects: Vec<&'static EffectDescriptor>,
        mut boundaries: Vec<&'static BoundaryDescriptor>,
    ) -> Result<Self, CatalogueError> {
        effects.sort_by_key(|effect| {
            (
                effect.spec.id,
                effect.spec.place.file,
                effect.spec.place.line,
            )
        });
        // An effect that is registered by hand may be submitted through `inventory`, too.
        effects.dedup();
        boundaries.sort_by_key(|boundary| {
            (
                boundary.spec.place.module,
                boundary.spec.name,
                boundary.spec.place.line,
            )
        });
        boundaries.dedup();
        let mut by_name: HashMap<&'static str, &'static EffectDescriptor> = HashMap::new();
        let ids = effects.iter().map(|effect| (effect.spec.id, *effect));
        let aliases = effects.iter();
        let aliases =
            aliases.flat_map(|effect| effect.spec.aliases.iter().map(|alias| (*alias, *effect)));
        for (name, effect) in ids.chain(aliases) {
            match by_name.entry(name) {
                Entry::Vacant(vacant) => {
                    vacant.insert(effect);
                }
                Entry::Occupied(taken) => {
                    return Err(CatalogueError {
                        name,
                        first: taken.get(),
                        second: effect,
                    });
                }
            }
        }
        Ok(Self {
            effects,
            boundaries,
            by_name,
        })
    }

    /// Returns the effects, sorted by id.
    pub fn effects(&self) -> &[&'static EffectDescriptor] {
        &self.effects
    }

    /// Returns the boundaries, sorted by module, name and line.
    pub fn boundaries(&self) -> &[&'static BoundaryDescriptor] {
        &self.boundaries
    }

    /// Returns the effect with this id or alias.
    pub fn find(&self, id_or_alias: &str) -> Option<&'static EffectDescriptor> {
        self.by_name.get(id_or_alias).copied()
    }

    /// Returns the effect with this intent type, if it is in the catalogue.
    pub fn find_type<E: Effect>(&self) -> Option<&'static EffectDescriptor> {
        self.find(E::DESCRIPTOR.spec.id)
            .filter(|effect| *effect == E::DESCRIPTOR)
    }

    /// Decodes an intent from the text that [`Intent::encode`] returned, for the effect with this
    /// id or alias.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if there is no such effect, the effect is not durable, or the text does not
    /// fit its arguments.
    pub fn decode(&self, id_or_alias: &str, text: &str) -> Result<Intent, DecodeError> {
        let unknown = || DecodeError::UnknownEffect {
            id: id_or_alias.to_owned(),
        };
        let effect = self.find(id_or_alias).ok_or_else(unknown)?;
        let codec = effect.spec.codec.ok_or(DecodeError::NotDurable {
            effect: effect.spec.id,
        })?;
        let decoded = (codec.decode)(text).map(|arguments| Intent::decoded(effect, arguments));
        decoded.map_err(|source| DecodeError::Deserialize {
            effect: effect.spec.id,
            source: match effect.spec.arguments.iter().any(Argument::is_redacted) {
                // The error may quote a redacted value.
                true => "its arguments do not match; the details are withheld, because the effect redacts an argument".into(),
                false => source,
            },
        })
    }
}

/// The error of two effects that claim the same id or alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` names two effects: `{}` at {}:{} and `{}` at {}:{}; give one of them another `name = \"..\"` or drop the alias",
    .first.spec.place.module, .first.spec.place.file, .first.spec.place.line, .second.spec.place.module, .second.spec.place.file, .second.spec.place.line
)]
pub struct CatalogueError {
    name: &'static str,
    first: &'static EffectDescriptor,
    second: &'static EffectDescriptor,
}

impl CatalogueError {
    /// Returns the id or alias that both effects claim.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the two effects.
    pub fn effects(&self) -> [&'static EffectDescriptor; 2] {
        [self.first, self.second]
    }
}

/// Why a stored intent could not be decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// This program declares no such effect: it was renamed without an alias, or its crate is not
    /// linked.
    #[error(
        "no effect has the id or alias `{id}`: if it was renamed, give it `alias(\"{id}\")`; if its crate is never named in code, add `use that_crate as _;`"
    )]
    UnknownEffect {
        /// The id or alias that was looked up.
        id: String,
    },
    /// The effect is not durable.
    #[error("the effect `{effect}` is not durable: declare it `#[airlock::effect(durable)]`")]
    NotDurable {
        /// The effect's id.
        effect: &'static str,
    },
    /// The text does not fit the effect's arguments.
    #[error("could not decode the arguments of `{effect}`")]
    Deserialize {
        /// The effect's id.
        effect: &'static str,
        /// The error that `Deserialize` returned.
        source: BoxError,
    },
}

impl Catalogue {
    fn tags(&self) -> impl Iterator<Item = &'static str> {
        let effects = self.effects.iter();
        effects.flat_map(|effect| effect.spec.tags.iter().copied())
    }

    pub(crate) fn find_tag(&self, tag: &str) -> Option<&'static str> {
        self.tags().find(|known| *known == tag)
    }

    pub(crate) fn nearest_tag(&self, tag: &str) -> Option<&'static str> {
        nearest(tag, self.tags())
    }

    pub(crate) fn nearest_id(&self, id: &str) -> Option<&'static str> {
        nearest(id, self.by_name.keys().copied())
    }
}

/// Returns the known name that was probably meant: at most half of its characters differ. The
/// modules that both names start with are ignored, since otherwise any two effects of a deep module
/// would be close.
pub(crate) fn nearest(
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let distances = known.filter_map(|known| {
        let (name, rest) = without_common_modules(name, known);
        // The function's name alone is the likeliest mistake, however long the modules' names are.
        let distance = match known.rsplit('.').next() == Some(name) {
            true => 0,
            false => strsim::osa_distance(name, rest),
        };
        (distance * 2 <= rest.chars().count()).then_some((distance, known))
    });
    distances.min().map(|(_, known)| known)
}

/// Shortens `shop.orders.pay` and `shop.orders.ship` to `pay` and `ship`.
fn without_common_modules<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let pairs = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b);
    let dots = pairs.enumerate().filter(|(_, (byte, _))| *byte == b'.');
    let begin = dots.last().map_or(0, |(dot, _)| dot + 1);
    (&a[begin..], &b[begin..])
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_module_in_common_makes_no_two_names_alike() {
        let known = [
            "shop.orders.shipping.charge",
            "shop.orders.shipping.send_mail",
        ];
        let near = |name| nearest(name, known.into_iter());
        assert_eq!(near("shop.orders.shipping.send_mial"), Some(known[1]));
        assert_eq!(near("shop.order.shipping.charge"), Some(known[0]));
        assert_eq!(near("shop.orders.shipping.refund_it"), None);
        assert_eq!(near("shop.orders.shipping."), None);
        assert_eq!(near("charge"), Some(known[0]));
    }
}
