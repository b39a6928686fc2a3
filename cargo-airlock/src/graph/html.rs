//! The drawing in an interactive page. Hovering highlights connected nodes, a click shows them alone, close together.
//! A search finds names, and a choice of groups shows other frames. Below the drawing is the same content as text, for
//! narrow screens. The page loads no other files.

use std::fmt::Write;

use crate::catalogue::Catalogue;
use crate::graph::layout::Layout;
use crate::graph::svg::{drawing, escaped};
use crate::graph::{Graph, Grouping, Kind};

const PAGE: &str = include_str!("page.html");

pub(crate) fn html(catalogue: &Catalogue, shown: Grouping) -> String {
    let mut drawings = String::new();
    let mut choices = String::new();
    for grouping in Grouping::ALL {
        let graph = Graph::new(catalogue, grouping);
        let (hidden, selected) = match grouping == shown {
            true => ("", " selected"),
            false => (" hidden", ""),
        };
        let word = grouping.word();
        let _ = writeln!(
            drawings,
            "<div class=\"drawing\" data-group=\"{word}\"{hidden}>\n{}</div>",
            titled(&graph)
        );
        let _ = writeln!(choices, "<option{selected}>{word}</option>");
    }
    let graph = Graph::new(catalogue, shown);
    PAGE.replace("{drawing.css}", include_str!("drawing.css"))
        .replace("{page.js}", include_str!("page.js"))
        .replace("{counts}", &counts(&graph))
        .replace("{choices}", &choices)
        // Last, because names may contain any text, including placeholders.
        .replace(
            "{content}",
            &format!("<main>\n{drawings}</main>\n{}", words(&graph)),
        )
}

/// Returns a drawing below the headings of its columns, which stay visible while it is scrolled.
fn titled(graph: &Graph) -> String {
    let layout = Layout::new(graph);
    let mut text = format!("<div class=\"titles\" style=\"width:{}px\">", layout.width);
    for (kind, x) in &layout.columns {
        let nodes = graph.nodes.iter().filter(|node| node.kind == *kind);
        let title = kind.counted(nodes.count());
        let _ = write!(
            text,
            "<h2 data-kind=\"{}\" style=\"left:{}px\">{title}</h2>",
            kind.word(),
            x + 12.0
        );
    }
    text + "</div>\n" + &drawing(graph, &layout, "")
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
                "<article class=\"{}\"><h3>{}</h3><p>{}</p>",
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
