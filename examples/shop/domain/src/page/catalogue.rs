//! Every effect and boundary of the program.

use std::fmt::{self, Write};

use airlock::catalogue::{BoundaryDescriptor, Catalogue, EffectDescriptor};

use super::html::text;

pub(super) fn tables(page: &mut String, catalogue: &Catalogue) -> fmt::Result {
    page.write_str(r#"<section id="catalogue"><h2>The catalogue</h2><h3>Effects</h3><ul>"#)?;
    for effect in catalogue.effects() {
        self::effect(page, effect)?;
    }
    page.write_str("</ul><h3>Boundaries</h3><ul>\n")?;
    for boundary in catalogue.boundaries() {
        self::boundary(page, boundary)?;
    }
    page.write_str("</ul></section>\n")
}

fn effect(page: &mut String, effect: &EffectDescriptor) -> fmt::Result {
    let arguments = effect.arguments().iter();
    let arguments: Vec<_> = arguments
        .map(|argument| format!("{}: {}", argument.name(), argument.type_name()))
        .collect();
    write!(
        page,
        "<li><code>{}</code>({})",
        text(effect.id()),
        text(arguments.join(", "))
    )?;
    for tag in effect.tags() {
        write!(page, r#" <span class="tag">{}</span>"#, text(tag))?;
    }
    what_it_is(page, effect.docs(), &effect.place())
}

fn boundary(page: &mut String, boundary: &BoundaryDescriptor) -> fmt::Result {
    write!(page, "<li><code>{}</code>", text(boundary.name()))?;
    if let Some(emits) = boundary.emits() {
        let emits: Vec<_> = emits.iter().map(|effect| effect.id()).collect();
        write!(page, " may emit {}", text(emits.join(", ")))?;
    }
    what_it_is(page, boundary.docs(), &boundary.place())
}

fn what_it_is(page: &mut String, docs: &str, place: &str) -> fmt::Result {
    let summary = docs.trim().split("\n\n").next().unwrap_or_default();
    writeln!(
        page,
        "<br>{}<br><small>{}</small></li>",
        text(summary),
        text(place)
    )
}
