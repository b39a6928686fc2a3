//! Suggestions for misspelt names.

/// Returns the known name that is most similar to this one, if there is a similar one.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(name, known).into_iter().next()
}

/// Returns the known names that are similar to this one, or contain it, the most similar first.
/// Similar names differ in at most half of their characters.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let distances = known.map(|known| (strsim::osa_distance(name, known), known));
    let mut near: Vec<_> = distances
        .filter(|(distance, known)| {
            distance * 2 <= known.chars().count() || (name.len() > 2 && known.contains(name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, known)| known).collect()
}
