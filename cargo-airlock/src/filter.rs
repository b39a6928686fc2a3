//! Filters for the effects to show.

use std::collections::BTreeSet;

use clap::Args;

use crate::catalogue::Catalogue;
use crate::near::nearest;
use crate::record::Effect;

/// A filter of the effects to show. An effect must match every option. Boundaries are shown if they
/// emit one that matches, or may emit anything.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Effects with this id or alias; `*` matches anything, `?` one character
    #[arg(long, value_name = "GLOB", help_heading = "Filter")]
    pub(crate) id: Vec<String>,
    /// Effects with this tag
    #[arg(long, value_name = "TAG", help_heading = "Filter")]
    pub(crate) tag: Vec<String>,
    /// Effects and boundaries that this package declares
    #[arg(long = "crate", value_name = "PACKAGE", help_heading = "Filter")]
    pub(crate) krate: Vec<String>,
    /// Durable effects
    #[arg(long, help_heading = "Filter")]
    pub(crate) durable: bool,
}

impl Filter {
    /// Removes entries that do not match, and adds a note for each option without a match.
    pub(crate) fn apply(&self, catalogue: &mut Catalogue) {
        let unmet = self.unmet(catalogue);
        catalogue.notes.extend(unmet);
        catalogue.effects.retain(|effect| self.wants(effect));
        let of_effects = !self.id.is_empty() || !self.tag.is_empty() || self.durable;
        let effects = &catalogue.effects;
        catalogue.boundaries.retain(|boundary| {
            let emits_one = || match &boundary.emits {
                // It may emit each of them.
                None => !effects.is_empty(),
                Some(ids) => effects.iter().any(|effect| ids.contains(&effect.id)),
            };
            self.wants_package(&boundary.package) && (!of_effects || emits_one())
        });
    }

    /// Returns a note for each option without a match, which is usually a typo.
    fn unmet(&self, catalogue: &Catalogue) -> Vec<String> {
        let effects = &catalogue.effects;
        let of_effects = effects.iter().map(|effect| &effect.package);
        let packages = of_effects.chain(catalogue.boundaries.iter().map(|it| &it.package));
        let packages = packages.map(String::as_str).collect();
        let names = effects.iter().flat_map(Effect::names).collect();
        let tags = effects.iter().flat_map(|effect| &effect.tags);
        let tags = tags.map(String::as_str).collect();
        let same = |wanted: &str, tag: &str| wanted == tag;
        let mut notes = unmet("effect is named", &self.id, &names, matches);
        notes.extend(unmet("effect has the tag", &self.tag, &tags, same));
        let what = "effect or boundary is of the package";
        notes.extend(unmet(what, &self.krate, &packages, same_package));
        notes
    }

    fn wants(&self, effect: &Effect) -> bool {
        let named = |glob: &String| effect.names().any(|name| matches(glob, name));
        (self.id.is_empty() || self.id.iter().any(named))
            && (self.tag.is_empty() || self.tag.iter().any(|tag| effect.tags.contains(tag)))
            && self.wants_package(&effect.package)
            && (!self.durable || effect.durable)
    }

    fn wants_package(&self, package: &str) -> bool {
        let mut wanted = self.krate.iter();
        self.krate.is_empty() || wanted.any(|wanted| same_package(wanted, package))
    }
}

/// Returns a note for each wanted value that matches no known one.
fn unmet(
    what: &str,
    wanted: &[String],
    known: &BTreeSet<&str>,
    meets: impl Fn(&str, &str) -> bool,
) -> Vec<String> {
    let mut wanted: Vec<_> = wanted.iter().collect();
    wanted.retain(|wanted| !known.iter().any(|known| meets(wanted, known)));
    let note = |wanted: &String| {
        let hint = match nearest(wanted, known.iter().copied()) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => format!(
                "; there are: {}",
                Vec::from_iter(known.iter().copied()).join(", ")
            ),
        };
        format!("no {what} `{wanted}`{hint}")
    };
    wanted.into_iter().map(note).collect()
}

/// Compares package names. Like cargo, it treats `-` and `_` as equal.
fn same_package(a: &str, b: &str) -> bool {
    a.replace('-', "_") == b.replace('-', "_")
}

/// Returns whether a name matches a glob.
fn matches(glob: &str, name: &str) -> bool {
    let mut rest = name;
    let mut globs = glob.chars();
    while let Some(letter) = globs.next() {
        let mut letters = rest.chars();
        match letter {
            '*' => {
                let tails = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
                return tails
                    .into_iter()
                    .any(|at| matches(globs.as_str(), &rest[at..]));
            }
            '?' if letters.next().is_some() => rest = letters.as_str(),
            _ if letters.next() == Some(letter) => rest = letters.as_str(),
            _ => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name) in [
            ("*", ""),
            ("mail.*", "mail.send"),
            ("*.send", "mail.send"),
            ("m*l.s?nd", "mail.send"),
            ("mail.send", "mail.send"),
            ("*a*", "mail"),
            ("ü?", "üß"),
        ] {
            assert!(matches(glob, name), "{glob} {name}");
        }
        for (glob, name) in [
            ("", "mail"),
            ("mail", "mail.send"),
            ("mail.?", "mail."),
            ("?", ""),
            ("*.sen", "mail.send"),
        ] {
            assert!(!matches(glob, name), "{glob} {name}");
        }
    }
}
