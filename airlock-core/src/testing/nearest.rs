//! The intents that are nearest to an expected one.

use std::fmt::Debug;

use crate::catalogue::nearest;
use crate::effect::Effect;
use crate::testing::Seen;
use crate::testing::message::shortened;

/// Returns the positions of the intents of an effect.
pub(super) fn of_type<E: Effect>(seen: &[Seen<'_>]) -> Vec<usize> {
    let positions = seen.iter().enumerate();
    let of_type = positions.filter(|(_, seen)| seen.is::<E>());
    of_type.map(|(position, _)| position).collect()
}

/// Names a present effect with a similar id; empty if there is none.
pub(super) fn similar_to<E: Effect>(seen: &[Seen<'_>]) -> String {
    let id = E::DESCRIPTOR.id();
    let near = nearest(id, seen.iter().map(|seen| seen.effect().id()));
    let near = near.filter(|near| *near != id);
    near.map_or_else(String::new, |near| format!("; similar to it is `{near}`"))
}

/// Returns the position of the intent that differs from the expected one in the fewest fields, and a
/// description of those fields.
pub(super) fn fewest_differences<E: Effect>(
    expected: &E,
    seen: &[Seen<'_>],
) -> Option<(usize, String)> {
    let wanted = fields(expected);
    let candidates = of_type::<E>(seen).into_iter();
    let compared = candidates.filter_map(|position| {
        let found = fields(seen[position].get::<E>()?);
        let pairs = wanted.iter().zip(found);
        let differing = pairs.filter(|(wanted, found)| *wanted != found);
        let differing: Vec<_> = differing
            .map(|(wanted, found)| difference(wanted, &found))
            .collect();
        Some((differing.len(), position, differing))
    });
    let (count, position, differing) = compared.min_by_key(|(count, _, _)| *count)?;
    let words = match count {
        0 => "an argument that does not show in its `Debug`".to_owned(),
        _ => differing.join(", "),
    };
    Some((position, words))
}

/// Describes a difference: `order: 8` and `order: 7` as the field's name and both values.
fn difference(wanted: &str, found: &str) -> String {
    let value = |field: &str| {
        let value = field.split_once(": ").map_or(field, |(_, value)| value);
        shortened(value.trim_end_matches(',').to_owned())
    };
    let name = wanted.split(": ").next().unwrap_or(wanted);
    format!("`{name}` ({} instead of {})", value(found), value(wanted))
}

/// Returns the fields of a struct from its pretty `Debug` output, one line each.
fn fields(value: &impl Debug) -> Vec<String> {
    let text = format!("{value:#?}");
    let mut fields: Vec<String> = Vec::new();
    for line in text.lines().skip(1).filter(|line| *line != "}") {
        let inner = line.strip_prefix("    ").unwrap_or(line);
        match fields.last_mut() {
            Some(field) if inner.starts_with([' ', '}', ']', ')']) => {
                field.push(' ');
                field.push_str(inner.trim());
            }
            _ => fields.push(inner.to_owned()),
        }
    }
    fields
}
