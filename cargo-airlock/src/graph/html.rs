//! The drawing in an interactive page: hovering highlights connected nodes, and a search finds
//! names. Below the drawing is the same content as text, for narrow screens. The page loads no
//! other files.

use std::fmt::Write;

use crate::graph::svg::{drawing, escaped};
use crate::graph::{Graph, Kind};

const PAGE: &str = include_str!("page.html");

pub(crate) fn html(graph: &Graph) -> String {
    PAGE.replace("{drawing.css}", include_str!("drawing.css"))
        .replace("{counts}", &counts(graph))
        // Last, because names may contain any text, including placeholders.
        .replace(
            "{content}",
            &format!("<main>\n{}</main>\n{}", drawing(graph, ""), words(graph)),
        )
}

/// Returns the counts, and explains double and dashed lines if there are any.
fn counts(graph: &Graph) -> String {
    let count = |kind: Kind, mark: &str| {
        let nodes = graph.nodes.iter().filter(|node| node.kind == kind);
        let marked = nodes.clone().filter(|node| node.marked).count();
        let counted = kind.counted(nodes.count());
        match marked {
            0 => counted,
            marked => format!("{counted}, {marked} {mark}"),
        }
    };
    let effects = count(Kind::Effect, "durable (double line)");
    let boundaries = count(Kind::Boundary, "of which may emit anything (dashed)");
    format!("{effects} · {boundaries}")
}

fn words(graph: &Graph) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let nodes = graph.nodes.iter().enumerate();
        let nodes: Vec<_> = nodes.filter(|(_, node)| node.kind == kind).collect();
        if nodes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "<section><h2>{}</h2><div>", kind.counted(nodes.len()));
        for (index, node) in nodes {
            let _ = write!(
                text,
                "<article class=\"{}\" data-node=\"{index}\"><h3>{}</h3><p>{}</p>",
                kind.word(),
                escaped(&node.label),
                escaped(&node.detail)
            );
            for fact in &node.facts {
                let _ = write!(text, "<p>{}</p>", escaped(fact));
            }
            let next = graph.edges.iter().filter(|(from, _)| *from == index);
            let next: Vec<_> = next
                .map(|(_, to)| escaped(&graph.nodes[*to].label))
                .collect();
            if !next.is_empty() {
                let _ = write!(text, "<p>→ {}</p>", next.join(", "));
            }
            text.push_str("</article>\n");
        }
        text.push_str("</div></section>\n");
    }
    text
}
