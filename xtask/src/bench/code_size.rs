//! The machine code and the build time that each additional effect costs. Compares release builds
//! of a program with many sync effects, each enqueued once, and of one with few.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, SectionKind};
use serde_json::{Value, json};

use super::project::Project;
use crate::workspace::Workspace;

/// The names of the results.
pub(super) const NAMES: &[&str] = &["code_size", "code_bytes_per_effect", "build_ms_per_effect"];

/// The build time of each additional boxed closure on the machine on which the budget was set, in
/// milliseconds.
const CLOSURE_MS: f64 = 3.1;

const MANY: usize = 500;
const FEW: usize = 20;
/// The number of builds of each program, unless they take too long. The best one counts.
const ROUNDS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(30);

const BUILD: [&str; 3] = ["build", "--release", "--quiet"];

pub(super) fn measure(workspace: &Workspace, folder: &Path) -> Result<Vec<Value>, String> {
    let folder = folder.join("code_size");
    // First, so that all dependencies are built before anything is timed.
    Project::write(
        workspace,
        &folder,
        "empty",
        ("src/main.rs", "fn main() {}\n"),
    )?
    .cargo(&BUILD)?;
    let many = Built::measure(workspace, &folder, "many-effects", &effects(MANY))?;
    let few = Built::measure(workspace, &folder, "few-effects", &effects(FEW))?;
    let many_boxed = Built::measure(workspace, &folder, "many-closures", &closures(MANY))?;
    let few_boxed = Built::measure(workspace, &folder, "few-closures", &closures(FEW))?;
    let (ours, peer) = (many.each_more(&few), many_boxed.each_more(&few_boxed));
    Ok(vec![
        result(
            "code_bytes_per_effect",
            (ours.bytes, peer.bytes),
            "bytes of code in release, peer a boxed closure",
            (3072.0, None),
        ),
        result(
            "build_ms_per_effect",
            (ours.millis, peer.millis),
            "ms of release build, peer a boxed closure",
            (40.0, Some((peer.millis / CLOSURE_MS).max(1.0))),
        ),
    ])
}

/// Prints and returns a result. `pace` is the factor that the budget is multiplied by.
fn result(
    name: &str,
    (ours, peer): (f64, f64),
    unit: &str,
    (most, pace): (f64, Option<f64>),
) -> Value {
    let kept = ours <= most * pace.unwrap_or(1.0);
    let verdict = if kept { "ok" } else { "over" };
    let times = pace.map_or_else(String::new, |pace| format!(" x {pace:.1}"));
    println!(
        "ratio {name} {ours:.1} (ours {ours:.1}, peer {peer:.1}, {unit}, budget <= {most}{times}) {verdict}"
    );
    json!({
        "name": name, "value": ours, "ours": ours, "peer": peer, "unit": unit,
        "budget": {"at_most": most}, "pace": pace,
    })
}

/// The costs of a program.
struct Built {
    bytes: f64,
    millis: f64,
}

impl Built {
    fn measure(
        workspace: &Workspace,
        folder: &Path,
        name: &'static str,
        source: &str,
    ) -> Result<Self, String> {
        let project = Project::write(workspace, folder, name, ("src/main.rs", source))?;
        let begun = Instant::now();
        let mut millis = f64::INFINITY;
        for _ in 0..ROUNDS {
            millis = millis.min(project.time(&BUILD)?);
            if begun.elapsed() > PATIENCE {
                break;
            }
        }
        let program = project.target().join("release").join(name);
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        let bytes = code_of(&program)?;
        Ok(Self { bytes, millis })
    }

    /// Returns the cost of each effect that `few` does not have.
    fn each_more(&self, few: &Self) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let effects = (MANY - FEW) as f64;
        Self {
            bytes: (self.bytes - few.bytes) / effects,
            millis: (self.millis - few.millis) / effects,
        }
    }
}

/// Returns the bytes of machine code in a program.
fn code_of(program: &Path) -> Result<f64, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", program.display());
    let data = fs::read(program).map_err(|error| problem(&error))?;
    let file = object::File::parse(&*data).map_err(|error| problem(&error))?;
    let sections = file.sections();
    let code = sections.filter(|section| section.kind() == SectionKind::Text);
    #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
    let bytes = code.map(|section| section.size()).sum::<u64>() as f64;
    Ok(bytes)
}

/// Typical arguments of an order: two numbers and a text.
const ARGUMENTS: &str = "order: u64, cents: u64, to: String";

fn body(n: usize) -> String {
    format!("println!(\"{n} {{order}} {{cents}} {{to}}\");")
}

/// Returns a program of sync effects, each enqueued once.
fn effects(number: usize) -> String {
    let mut source = String::new();
    for n in 0..number {
        let _ = writeln!(
            source,
            "#[airlock::effect]\nfn effect_{n}({ARGUMENTS}) {{\n    {}\n}}",
            body(n)
        );
    }
    source += "fn main() {\n    let order = std::env::args().count() as u64;\n    \
               let ended = airlock::scope().run_infallible(|_| {\n";
    for n in 0..number {
        let _ = writeln!(
            source,
            "        airlock::enqueue(effect_{n}(order, {n}, String::new()));"
        );
    }
    source + "    });\n    assert!(ended.is_ok());\n}\n"
}

/// Returns the same program with boxed closures.
fn closures(number: usize) -> String {
    let mut source = String::new();
    for n in 0..number {
        let _ = writeln!(source, "fn effect_{n}({ARGUMENTS}) {{\n    {}\n}}", body(n));
    }
    source += "fn main() {\n    let order = std::env::args().count() as u64;\n    \
               let mut effects: Vec<Box<dyn FnOnce() + Send>> = Vec::new();\n";
    for n in 0..number {
        let _ = writeln!(
            source,
            "    let to = String::new();\n    \
             effects.push(Box::new(move || effect_{n}(order, {n}, to)));"
        );
    }
    source + "    for effect in effects {\n        effect();\n    }\n}\n"
}
