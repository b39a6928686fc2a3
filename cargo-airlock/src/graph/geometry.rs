//! Tests of the geometry of drawings: labels that overlap, and edges that pass through boxes.

use roxmltree::{Document, Node as Element};

use crate::graph::{Graph, Kind, Node, svg};

/// A rectangle, as left, top, right and bottom edge.
type Area = [f64; 4];

/// The faults of a drawing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Faults {
    /// Pairs of labels that overlap.
    labels: usize,
    /// Labels that are wider than their box, or titles than their frame.
    too_wide: usize,
    /// Pairs of an edge and a box that it passes through.
    edges: usize,
}

fn number(element: Element<'_, '_>, name: &str) -> f64 {
    let value = element.attribute(name).expect("it has the attribute");
    value.parse().expect("it is a number")
}

/// Returns the area of a text, at the width of the characters of its font.
fn text_area(text: Element<'_, '_>) -> Area {
    let size = match text.attribute("class") {
        Some("title") => 15.0,
        Some("label") => 13.0,
        Some("group") => 12.0,
        _ => 11.0,
    };
    let letters = text.text().unwrap_or_default().chars().count();
    let letters = f64::from(u32::try_from(letters).expect("a label is short"));
    let (x, y) = (number(text, "x"), number(text, "y"));
    [
        x,
        y - 0.8 * size,
        x + letters * size * 0.605,
        y + 0.25 * size,
    ]
}

fn box_area(rect: Element<'_, '_>) -> Area {
    let (x, y) = (number(rect, "x"), number(rect, "y"));
    let (width, height) = (number(rect, "width"), number(rect, "height"));
    [x, y, x + width, y + height]
}

fn overlap(a: Area, b: Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Returns points on a path of one cubic curve, close to each other.
fn points(path: &str) -> Vec<(f64, f64)> {
    let curve = path.split(" M").next().expect("a path has a start");
    let numbers = curve.split(['M', 'C', ' ']);
    let numbers: Vec<f64> = numbers.filter_map(|number| number.parse().ok()).collect();
    let [x0, y0, x1, y1, x2, y2, x3, y3] = numbers[..] else {
        panic!("{path} is no cubic curve")
    };
    let at = |t: f64, [a, b, c, d]: [f64; 4]| {
        let s = 1.0 - t;
        s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
    };
    let steps = (0..=500).map(|step| f64::from(step) / 500.0);
    let points = steps.map(|t| (at(t, [x0, x1, x2, x3]), at(t, [y0, y1, y2, y3])));
    points.collect()
}

/// Counts the faults of a drawing.
fn faults(drawing: &str) -> Faults {
    let document = Document::parse(drawing).expect("it is XML");
    let all = || document.descendants();
    let texts = all().filter(|it| it.has_tag_name("text"));
    let labels: Vec<Area> = texts.map(text_area).collect();
    let mut faults = Faults::default();
    for (index, label) in labels.iter().enumerate() {
        let others = labels[..index].iter();
        faults.labels += others.filter(|other| overlap(*label, **other)).count();
    }
    let nodes = all().filter(|it| it.has_tag_name("g"));
    let nodes: Vec<_> = nodes
        .map(|node| {
            let mut rects = node.children().filter(|it| it.has_tag_name("rect"));
            let area = box_area(rects.next().expect("a node has a box"));
            let texts = node.children().filter(|it| it.has_tag_name("text"));
            let wide = texts.filter(|text| text_area(*text)[2] > area[2]);
            faults.too_wide += wide.count();
            area
        })
        .collect();
    let frames = all().filter(|it| it.attribute("class") == Some("frame"));
    for frame in frames {
        let title = frame.next_sibling_element().expect("a frame has a title");
        faults.too_wide += usize::from(text_area(title)[2] > box_area(frame)[2]);
    }
    for edge in all().filter(|it| it.has_tag_name("path")) {
        let points = points(edge.attribute("d").expect("a path has points"));
        // An edge touches the boxes that it connects, so their borders do not count.
        let passes = |area: &&Area| {
            let [left, top, right, bottom] = **area;
            let within = |(x, y): &(f64, f64)| {
                left + 0.5 < *x && *x < right - 0.5 && top + 0.5 < *y && *y < bottom - 0.5
            };
            points.iter().any(within)
        };
        faults.edges += nodes.iter().filter(passes).count();
    }
    faults
}

/// Returns a program of this size, in which each boundary emits several effects, and effects emit others.
fn program(effects: usize, boundaries: usize) -> Graph {
    let mut graph = Graph::default();
    let resources = 8;
    let kinds = [
        (Kind::Boundary, boundaries),
        (Kind::Effect, effects),
        (Kind::Resource, resources),
    ];
    for (kind, count) in kinds {
        for index in 0..count {
            graph.nodes.push(Node {
                kind,
                label: format!("{}.{}", kind.word(), "send_confirmation".repeat(index % 4)),
                detail: format!("SendConfirmation({})", "order, ".repeat(index % 9)),
                group: match kind {
                    Kind::Resource => String::new(),
                    _ => format!("shop::orders::{}", "module".repeat(index % 12)),
                },
                facts: vec!["A fact.".to_owned()],
                marked: index % 5 == 0,
            });
        }
    }
    let first = boundaries;
    for boundary in 0..boundaries {
        for step in 0..1 + boundary % 5 {
            graph
                .edges
                .push((boundary, first + (boundary * 7 + step * 13) % effects));
        }
    }
    for effect in 0..effects {
        let resource = first + effects + effect * 5 % resources;
        graph.edges.push((first + effect, resource));
        if effect % 6 == 0 {
            graph
                .edges
                .push((first + effect, first + effect * 11 % effects));
        }
    }
    graph.edges.sort_unstable();
    graph.edges.dedup();
    graph
}

#[test]
fn no_label_overlaps_and_no_edge_passes_through_a_box() {
    for (effects, boundaries) in [(10, 10), (120, 60)] {
        let graph = program(effects, boundaries);
        let drawing = svg(&graph);
        let edges = drawing.matches("<path").count();
        assert_eq!(edges, graph.edges.len(), "{effects}");
        assert_eq!(faults(&drawing), Faults::default(), "{effects} effects");
    }
}

#[test]
fn a_bad_drawing_has_faults() {
    let drawing = r#"<svg>
        <path d="M100 20 C150 20 150 80 200 80 M1 1 L2 2"/>
        <g><rect x="120" y="30" width="60" height="40"/><text class="label" x="130" y="50">too wide a label</text></g>
        <text class="group" x="140" y="52">over it</text>
    </svg>"#;
    let expected = Faults {
        labels: 1,
        too_wide: 1,
        edges: 1,
    };
    assert_eq!(faults(drawing), expected);
}

#[test]
fn many_edges_are_faint() {
    assert!(!svg(&program(10, 10)).contains("class=\"airlock many\""));
    assert!(svg(&program(120, 60)).contains("class=\"airlock many\""));
}
