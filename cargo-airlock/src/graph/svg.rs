//! The graph as a self-contained drawing. Its colours follow the reader's light or dark mode.

use std::fmt::Write;

use crate::graph::layout::{Area, LONGEST, Layout};
use crate::graph::{Graph, Kind};

const STYLE: &str = include_str!("drawing.css");

/// Returns the graph as an SVG file.
pub(crate) fn svg(graph: &Graph) -> String {
    let style = format!("<style>\n{STYLE}</style>\n");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        drawing(graph, &Layout::new(graph), &style)
    )
}

/// The number of edges from which on they are drawn faintly, so that the boxes stay readable.
const MANY: usize = 60;

/// Returns the drawing without the XML header. An enclosing page supplies the style itself.
pub(super) fn drawing(graph: &Graph, layout: &Layout, style: &str) -> String {
    let (width, height) = (layout.width, layout.height);
    let many = if graph.edges.len() > MANY {
        " many"
    } else {
        ""
    };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"airlock{many}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"Boundaries, effects and resources\">\n{style}\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    for (kind, x) in &layout.columns {
        let number = graph.nodes.iter().filter(|node| node.kind == *kind).count();
        let _ = writeln!(
            text,
            "<text class=\"title\" x=\"{}\" y=\"34\">{}</text>",
            x + 12.0,
            kind.counted(number)
        );
    }
    for (group, area) in &layout.frames {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        let _ = writeln!(
            text,
            "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>\
             <text class=\"group\" x=\"{}\" y=\"{}\">{}</text>",
            x + 12.0,
            y + 22.0,
            escaped(&shortened(group))
        );
    }
    for (from, to) in &graph.edges {
        edge(&mut text, graph, layout, (*from, *to));
    }
    for index in 0..graph.nodes.len() {
        node(&mut text, graph, index, layout.nodes[index]);
    }
    text.push_str("</svg>\n");
    text
}

/// Draws an edge. Each source has its own colour, so that a line can be told from others.
fn edge(text: &mut String, graph: &Graph, layout: &Layout, (from, to): (usize, usize)) {
    let (start, end) = (layout.nodes[from], layout.nodes[to]);
    let path = if start.x < end.x {
        across(start, end)
    } else {
        beside(start, end)
    };
    let kind = graph.nodes[from].kind.word();
    let target = graph.nodes[to].kind.word();
    let _ = writeln!(
        text,
        "<path class=\"edge from-{kind} to-{target} hue{}\" data-from=\"{from}\" data-to=\"{to}\" d=\"{path}\"/>",
        from % 8,
    );
}

/// Returns the path from a column to the next one. The page has the same formula.
fn across(start: Area, end: Area) -> String {
    let (x1, y1) = (start.x + start.width, start.y + start.height / 2.0);
    let (x2, y2) = (end.x, end.y + end.height / 2.0);
    let bend = (x2 - x1) / 2.0;
    format!(
        "M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}",
        x1 + bend,
        x2 - bend
    )
}

/// Returns the path between two boxes of one column, on its right, with an arrowhead: lines between columns lead to
/// the right, but this one leads up or down. The page has the same formula.
fn beside(start: Area, end: Area) -> String {
    let x = start.x + start.width;
    // Apart from each other at a box that has both, or emits itself.
    let (y1, y2) = (start.y + start.height * 0.68, end.y + end.height * 0.32);
    let out = x + (24.0 + (y2 - y1).abs() / 8.0).min(FARTHEST);
    format!(
        "M{x} {y1} C{out} {y1} {out} {y2} {x} {y2} M{} {} L{x} {y2} L{} {}",
        x + 7.0,
        y2 - 4.0,
        x + 7.0,
        y2 + 4.0
    )
}

/// How far a line beside a column may extend. The boxes of the next column are farther away.
const FARTHEST: f64 = 120.0;

fn node(text: &mut String, graph: &Graph, index: usize, area: Area) {
    let node = &graph.nodes[index];
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    let radius = if node.kind == Kind::Boundary {
        height / 2.0
    } else {
        7.0
    };
    let kind = node.kind.word();
    let mark = match (node.kind, node.marked) {
        (Kind::Boundary, true) => " open",
        (Kind::Effect, true) => " durable",
        _ => "",
    };
    let facts = std::iter::once(&node.label).chain(&node.facts);
    let facts: Vec<_> = facts.map(|fact| escaped(fact)).collect();
    let _ = writeln!(
        text,
        "<g class=\"node {kind}{mark}\" data-node=\"{index}\" tabindex=\"0\">"
    );
    let _ = writeln!(text, "<title>{}</title>", facts.join("\n"));
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
    );
    if mark == " durable" {
        // A second line around it, for a double box.
        let _ = writeln!(
            text,
            "<rect class=\"inner\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
            x + 4.0,
            y + 4.0,
            width - 8.0,
            height - 8.0
        );
    }
    for (class, line, down) in [("label", &node.label, 19.0), ("detail", &node.detail, 34.0)] {
        let _ = writeln!(
            text,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            x + 16.0,
            y + down,
            escaped(&shortened(line))
        );
    }
    text.push_str("</g>\n");
}

/// Truncates a line that is too long for a box. The tooltip has the full text.
fn shortened(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
