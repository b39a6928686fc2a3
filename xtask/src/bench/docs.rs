//! Formats the results as a table, and writes them to docs/performance.md.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::workspace::Workspace;

const BEGIN: &str = "<!-- measured: written by `cargo xtask bench --write-docs` -->";
const END: &str = "<!-- end of measured -->";

/// Returns a Markdown table.
pub(super) fn table(results: &[Value]) -> String {
    let mut text =
        "| name | value | ours | peer | unit | budget | |\n|---|---:|---:|---:|---|---|---|\n"
            .to_owned();
    for result in results {
        let number = |key: &str| result[key].as_f64();
        let value = number("value").unwrap_or_default();
        let shown = |number: Option<f64>| number.map_or_else(String::new, |it| format!("{it:.1}"));
        // A growth that was cut off is over its budget, whatever its value.
        let complete = result["growth"]["cut_off"].is_null();
        let (budget, kept) = match (
            result["budget"]["at_most"].as_f64(),
            result["budget"]["at_least"].as_f64(),
        ) {
            (Some(most), _) => {
                let pace = number("pace");
                let times = pace.map_or_else(String::new, |pace| format!(" x {pace:.1}"));
                let kept = value <= most * pace.unwrap_or(1.0) && complete;
                (format!("at most {most}{times}"), kept)
            }
            (_, Some(least)) => (format!("at least {least}"), value >= least),
            _ => (String::new(), true),
        };
        let verdict = match (budget.is_empty(), kept) {
            (true, _) => "",
            (false, true) => "ok",
            (false, false) => "over",
        };
        let name = result["name"].as_str().unwrap_or_default();
        let unit = result["unit"].as_str().unwrap_or_default();
        let (ours, peer) = (shown(number("ours")), shown(number("peer")));
        text += &format!(
            "| `{name}` | {value:.2} | {ours} | {peer} | {unit} | {budget} | {verdict} |\n"
        );
    }
    text
}

/// Writes the results into docs/performance.md, with the machine and the versions, and copies the
/// plots next to it.
pub(super) fn write(workspace: &Workspace, results: &[Value], folder: &Path) -> Result<(), String> {
    let docs = workspace.root.join("docs");
    for plot in ["scaling.svg", "memory.svg"] {
        let target = docs.join(plot);
        fs::copy(folder.join(plot), &target)
            .map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let path = docs.join("performance.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!(
            "{}: it has no lines `{BEGIN}` and `{END}`",
            path.display()
        ));
    };
    let measured = format!("{BEGIN}\n\n{}\n\n{}\n{END}", machine(), table(results));
    fs::write(&path, format!("{before}{measured}{after}"))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Describes the machine and the versions of the measurement.
fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let models: Vec<_> = models.map(|(_, model)| model).collect();
    let model = models.first().copied().unwrap_or("an unknown processor");
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "Measured on {} x {model}, {}, airlock {}.",
        models.len(),
        rustc.unwrap_or_default(),
        env!("CARGO_PKG_VERSION"),
    )
}
