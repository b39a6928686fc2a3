//! Reads orders from a CSV file. Invalid lines are reported with file and line, and skipped.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use crate::domain::Order;
use crate::heading;

const COLUMNS: [&str; 4] = ["id", "customer", "email", "total_cents"];

/// Returns the given path, or that of the orders that ship with this program.
pub(crate) fn path_from(argument: Option<String>) -> PathBuf {
    argument.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("orders.csv"),
        PathBuf::from,
    )
}

/// Reads the valid orders of the file, and prints invalid lines with the reason.
pub(crate) fn read(path: &Path) -> Result<Vec<Order>, String> {
    let shown = shown(path);
    let mut lines = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| format!("{shown}: {error}"))?;
    let names = lines
        .headers()
        .map_err(|error| format!("{shown}: {error}"))?;
    if !names.iter().eq(COLUMNS) {
        let (found, wanted) = (
            names.iter().collect::<Vec<_>>().join(","),
            COLUMNS.join(","),
        );
        return Err(format!(
            "{shown}:1: the columns are `{found}`, and should be `{wanted}`"
        ));
    }
    let (mut orders, mut bad) = (Vec::new(), Vec::new());
    for line in lines.records() {
        let number = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        match line {
            Ok(record) => match order(&record) {
                Ok(order) => orders.push(order),
                Err(problem) => {
                    let line = record.iter().collect::<Vec<_>>().join(",");
                    bad.push(format!(
                        "{shown}:{}: {problem}: {line}",
                        number(record.position())
                    ));
                }
            },
            Err(error) => bad.push(format!("{shown}:{}: {error}", number(error.position()))),
        }
    }
    heading("Input");
    println!(
        "{} orders from {shown}, {} bad lines left out:",
        orders.len(),
        bad.len()
    );
    for line in bad {
        println!("  {line}");
    }
    Ok(orders)
}

fn order(record: &StringRecord) -> Result<Order, String> {
    if let Some(surplus) = record.get(COLUMNS.len()) {
        return Err(format!("`{surplus}` is one column too many"));
    }
    let field = |index: usize, name: &str| {
        record
            .get(index)
            .filter(|text| !text.is_empty())
            .ok_or(format!("`{name}` is missing"))
    };
    let number = |index: usize, name: &str| -> Result<u32, String> {
        let text = field(index, name)?;
        text.parse()
            .map_err(|_| format!("`{name}` is not a whole number"))
    };
    Ok(Order {
        id: number(0, "id")?,
        customer: field(1, "customer")?.to_owned(),
        email: field(2, "email")?.to_owned(),
        total_cents: number(3, "total_cents")?,
        processed: false,
    })
}

/// Shows the path relative to the current directory if it is below it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_file_is_named() {
        let error = read(Path::new("no-such-file.csv")).expect_err("there is none");
        assert!(error.starts_with("no-such-file.csv: "), "{error}");
    }

    #[test]
    fn a_bad_line_says_what_is_wrong_with_it() {
        let problem = |fields: &[&str]| order(&StringRecord::from(fields)).expect_err("it is bad");
        assert_eq!(problem(&["1", "ada"]), "`email` is missing");
        assert_eq!(
            problem(&["x", "ada", "a@b", "1"]),
            "`id` is not a whole number"
        );
        assert_eq!(
            problem(&["1", "ada", "a@b", "1", "2"]),
            "`2` is one column too many"
        );
    }
}
