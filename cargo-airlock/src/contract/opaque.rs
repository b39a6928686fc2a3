//! The types that a record does not describe: all but those of the standard library.

use std::collections::BTreeSet;

use syn::visit::Visit;
use syn::{Path, Type};

use crate::contract::types::segments;

/// Adds the names in a type that do not tell how it is encoded: all but those of the standard library.
pub(super) fn opaque_names(type_name: &str, found: &mut BTreeSet<String>) {
    struct Opaque<'a>(&'a mut BTreeSet<String>);

    impl<'a> Visit<'a> for Opaque<'_> {
        fn visit_path(&mut self, path: &'a Path) {
            let name = segments(path).pop().unwrap_or_default();
            let is_primitive = !name.starts_with(char::is_uppercase);
            if !is_primitive && !name.starts_with("NonZero") && !STANDARD.contains(&&*name) {
                self.0.insert(name);
            }
            syn::visit::visit_path(self, path);
        }
    }

    match syn::parse_str::<Type>(type_name) {
        Ok(ty) => Opaque(found).visit_type(&ty),
        Err(_) => {
            found.insert(type_name.to_owned());
        }
    }
}

/// The types of the standard library that serde encodes.
const STANDARD: &[&str] = &[
    "Arc",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "Bound",
    "Box",
    "CString",
    "Cell",
    "Cow",
    "Duration",
    "HashMap",
    "HashSet",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "LinkedList",
    "Mutex",
    "Option",
    "OsString",
    "PathBuf",
    "PhantomData",
    "Range",
    "RangeFrom",
    "RangeInclusive",
    "RangeTo",
    "Rc",
    "RefCell",
    "Result",
    "Reverse",
    "RwLock",
    "Saturating",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
    "String",
    "SystemTime",
    "Vec",
    "VecDeque",
    "Wrapping",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::opaque_names;

    #[test]
    fn names_of_the_standard_library_tell_how_a_type_is_encoded() {
        let mut names = BTreeSet::new();
        for ty in [
            "Vec<Option<(String, [u8; 4])>>",
            "std::time::Duration",
            "NonZeroU8",
            "HashMap<String, shop::Address>",
            "Uuid",
        ] {
            opaque_names(ty, &mut names);
        }
        assert_eq!(Vec::from_iter(&names), ["Address", "Uuid"]);
    }
}
