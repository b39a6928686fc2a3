//! The names of the files: the id of the effect, and a number after `@` for a further sample.

use std::fmt::Write;

/// Returns the name of the file of a sample, of which an effect may have several.
pub(super) fn file_name(id: &str, number: usize) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        match byte {
            b'.' | b'-' | b'_' => name.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            byte => {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    match number {
        1 => name + ".json",
        number => format!("{name}@{number}.json"),
    }
}

/// Returns the id in the name of a file.
pub(super) fn id_of(file_name: &str) -> Option<String> {
    let name = file_name.strip_suffix(".json")?;
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let mut parts = name.split('%');
    let mut id = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        id.push(u8::from_str_radix(code, 16).ok()?);
        id.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(id).ok()
}

#[cfg(test)]
mod tests {
    use super::{file_name, id_of};

    #[test]
    fn an_id_comes_back_from_its_file_name() {
        for id in ["mail.send", "a/b\\c:d", "50%", "mail@2", "größe", "../up"] {
            for number in [1, 2] {
                let name = file_name(id, number);
                assert!(!name.contains(['/', '\\', ':']), "{name}");
                assert_eq!(id_of(&name).as_deref(), Some(id));
            }
        }
        assert_eq!(file_name("mail.send", 1), "mail.send.json");
        assert_eq!(file_name("mail.send", 2), "mail.send@2.json");
        assert_eq!(id_of("%4.json"), None);
        assert_eq!(id_of("readme.md"), None);
    }
}
