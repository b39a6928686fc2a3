//! Differences of two JSON values, in words.

use serde_json::Value;

/// The choice whether objects may have additional fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fields {
    /// The second object may have more fields.
    MayBeAdded,
    /// Both objects have the same fields.
    Equal,
}

/// Returns the differences between a value and a later one, each with its path.
pub(super) fn differences(before: &Value, after: &Value, fields: Fields) -> Vec<String> {
    let mut found = Vec::new();
    compare("", before, after, fields, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, fields: Fields, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                let path = format!("{path}.{name}");
                match after.get(name) {
                    Some(after) => compare(&path, value, after, fields, found),
                    None => found.push(format!(
                        "`{}` was {value}, and is missing now",
                        shown(&path)
                    )),
                }
            }
            for (name, value) in after {
                if fields == Fields::Equal && !before.contains_key(name) {
                    let path = format!("{path}.{name}");
                    found.push(format!("`{}` is new: {value}", shown(&path)));
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}[{index}]"), before, after, fields, found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => found.push(format!(
            "`{}` was {before}, and is {after} now",
            shown(path)
        )),
    }
}

/// Strips the dot before the first name.
fn shown(path: &str) -> &str {
    path.strip_prefix('.').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fields, differences};

    #[test]
    fn each_difference_has_its_path() {
        let before = json!({"to": {"street": "Main", "lines": [1, {"a": true}]}, "n": [1]});
        let after = json!({"to": {"lines": [1, {"a": 2}], "zip": 4}, "n": [1, 2]});
        let lost = [
            "`n` was [1], and is [1,2] now",
            "`to.lines[1].a` was true, and is 2 now",
            "`to.street` was \"Main\", and is missing now",
        ];
        assert_eq!(differences(&before, &after, Fields::MayBeAdded), lost);
        let all = differences(&before, &after, Fields::Equal);
        assert_eq!(all[..3], lost);
        assert_eq!(all[3..], ["`to.zip` is new: 4"]);
        assert!(differences(&before, &before, Fields::Equal).is_empty());
    }
}
