//! Tests of `cargo airlock graph`.

use expect_test::expect;

use crate::fixture::{airlock, check, scratch, shop, transcript};

#[test]
fn a_flowchart_for_markdown() {
    check(
        &["graph", &shop()],
        &expect![[r#"
            flowchart LR
              subgraph g0_0 ["shop: boundaries"]
                n0(["checkout"])
                n1(["import-orders<br/>may emit anything"])
                n2(["show"])
              end
              subgraph g1_0 ["mail: effects"]
                n3[["mail.send"]]
                n4["mail.sweep"]
              end
              subgraph g1_1 ["orders: effects"]
                n5["orders.index"]
              end
              n6[("Mailer")]
              n7[("Search")]
              n0 --> n3
              n0 --> n5
              n3 -.-> n6
              n5 -.-> n7
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn effects_that_effects_emit_are_edges() {
    check(
        &["graph", "-p", "cascades"],
        &expect![[r#"
        flowchart LR
          subgraph g0_0 ["cascades: boundaries"]
            n0(["import<br/>may emit anything"])
            n1(["order"])
          end
          subgraph g1_0 ["cascades: effects"]
            n2["cascade.pack"]
            n3["cascade.pay"]
            n4["cascade.ship"]
          end
          n5[("Bank")]
          n1 --> n3
          n2 --> n4
          n3 --> n2
          n3 --> n3
          n3 -.-> n5
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]],
    );
}

#[test]
fn an_extension_that_names_no_format_is_refused_before_the_build() {
    check(
        &[
            "graph",
            "--bin",
            "no-such-binary",
            "--output",
            "effects.png",
        ],
        &expect![[r#"
            -- stderr --
            error: cannot draw effects.png: no format has this extension; write .svg, .html, .dot or .md (Mermaid), or name the format by --format; for a PNG or PDF, pass `--format dot` to Graphviz: `cargo airlock graph --format dot | dot -Tpng > effects.png`
            -- exit code 2 --
        "#]],
    );
}

#[test]
fn a_graph_for_graphviz() {
    check(
        &[
            "graph",
            &shop(),
            "--format",
            "dot",
            "--crate",
            "shop",
            "--crate",
            "mail",
        ],
        &expect![[r#"
            digraph effects {
              rankdir=LR;
              node [fontname="sans-serif", shape=box];
              subgraph "cluster shop: boundaries" {
                label="shop: boundaries";
                n0 [label="checkout", tooltip="Checks out: the order is processed, and the buyer gets a mail.\nshop/src/main.rs:6", style=rounded];
                n1 [label="import-orders", tooltip="Reads a file of orders.\nshop/src/main.rs:13", style="rounded,dashed"];
                n2 [label="show", tooltip="Shows an order, and changes nothing.\nshop/src/main.rs:17", style=rounded];
              }
              subgraph "cluster mail: effects" {
                label="mail: effects";
                n3 [label="mail.send", tooltip="Mails a text to somebody.\nto: String, text: String, copies: u8, reply_to: Option<String>\nasync, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post\nmail/src/lib.rs:27", peripheries=2];
                n4 [label="mail.sweep", tooltip="Nobody calls it.\nmail/src/lib.rs:43"];
              }
                n5 [label="Mailer", tooltip="", shape=cylinder];
              n0 -> n3;
              n3 -> n5 [style=dashed];
            }
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn pictures_and_pages_load_nothing_and_hold_every_name() {
    let folder = scratch("graphs");
    for name in ["effects.svg", "effects.html"] {
        let path = folder.join(name);
        let output = airlock(&["graph", &shop(), "--output", &path.to_string_lossy()]);
        assert!(output.status.success(), "{}", transcript(&output));
        let text = std::fs::read_to_string(&path).expect("it was written");
        for label in [
            "checkout",
            "import-orders",
            "may emit anything",
            "mail.send",
            "orders.index",
            "Mailer",
            "Option&lt;String&gt;",
        ] {
            assert!(text.contains(label), "{label} in {name}");
        }
        let addresses = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for loads in ["http:", "https:", "src=", "href=", "url(", "@import"] {
            assert!(!addresses.contains(loads), "{loads} in {name}");
        }
        assert_eq!(text.matches("<g ").count(), text.matches("</g>").count());
        assert!(!text.contains("{drawing"), "{name} is filled in");
    }
}

#[test]
fn frames_are_drawn_around_packages_modules_or_prefixes() {
    let frames = |group: &str| {
        let output = airlock(&["graph", "-p", "cascades", "--group", group]);
        let text = String::from_utf8(output.stdout).expect("it is text");
        let frames = text.lines().filter_map(|line| line.split('"').nth(1));
        let frames = frames.filter(|line| line.contains(": "));
        frames.map(str::to_owned).collect::<Vec<_>>()
    };
    let boundaries = "cascades: boundaries";
    assert_eq!(frames("package"), [boundaries, "cascades: effects"]);
    assert_eq!(frames("module"), [boundaries, "cascades: effects"]);
    assert_eq!(frames("prefix"), [boundaries, "cascade: effects"]);
}

#[test]
fn a_page_has_a_drawing_for_each_grouping_and_shows_one() {
    let path = scratch("groupings").join("effects.html");
    let shown = path.to_string_lossy().into_owned();
    let output = airlock(&[
        "graph", "-p", "cascades", "--group", "module", "--output", &shown,
    ]);
    assert!(output.status.success(), "{}", transcript(&output));
    let page = std::fs::read_to_string(&path).expect("it was written");
    let drawings = page
        .lines()
        .filter(|line| line.starts_with("<div class=\"drawing\""));
    let drawings: Vec<_> = drawings.collect();
    assert_eq!(
        drawings,
        [
            "<div class=\"drawing\" data-group=\"package\" hidden>",
            "<div class=\"drawing\" data-group=\"module\">",
            "<div class=\"drawing\" data-group=\"prefix of the id\" hidden>",
        ]
    );
    assert!(page.contains("<option selected>module</option>"));
    for heading in ["2 boundaries", "3 effects", "1 resource"] {
        assert!(page.contains(&format!("px\">{heading}</h2>")), "{heading}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    check(
        &["graph", &shop(), "--output", "no-such-folder/effects.svg"],
        &expect![[r#"
            -- stderr --
            error: cannot write no-such-folder/effects.svg
              caused by: No such file or directory (os error 2)
            -- exit code 2 --
        "#]],
    );
}
