//! What was probably meant.

/// The known name that is most like this one: at most half of its letters differ.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(name, known).into_iter().next()
}

/// Known names that are like this one, or hold it, the most alike first.
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
