//! The types of arguments: their text in the lock file, and the comparison of two types as written.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{AngleBracketedGenericArguments, GenericArgument, Path, PathArguments, Type, TypeTuple};

/// The relation of the type of an argument to its former type, in encoded intents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeChange {
    /// Both are one type, perhaps written in different ways.
    Same,
    /// `T` is now `Option<T>`.
    Optional,
    /// `Option<T>` is now `T`.
    Required,
    /// An integer type that has all values of the former one, and more.
    Wider,
    /// Any other change.
    Other,
}

/// Compares two types as written.
///
/// Paths are compared from their ends, since `Address` may be an import of `crate::types::Address`. The
/// pointers `Box`, `Arc` and `Rc` are ignored: they are encoded as what they point to.
pub(super) fn compare(before: &str, after: &str) -> TypeChange {
    if before == after {
        return TypeChange::Same;
    }
    let (Ok(before), Ok(after)) = (syn::parse_str(before), syn::parse_str(after)) else {
        return TypeChange::Other;
    };
    if is_same(&before, &after) {
        TypeChange::Same
    } else if inside(&after, &["Option"]).is_some_and(|inner| is_same(&before, inner)) {
        TypeChange::Optional
    } else if inside(&before, &["Option"]).is_some_and(|inner| is_same(inner, &after)) {
        TypeChange::Required
    } else if is_wider(&before, &after) {
        TypeChange::Wider
    } else {
        TypeChange::Other
    }
}

fn is_same(a: &Type, b: &Type) -> bool {
    match (plain(a), plain(b)) {
        (Type::Path(a), Type::Path(b)) if a.qself.is_none() && b.qself.is_none() => {
            is_same_path(&a.path, &b.path)
        }
        (Type::Tuple(a), Type::Tuple(b)) => all_same(&a.elems, &b.elems, is_same),
        (Type::Array(a), Type::Array(b)) => {
            is_same(&a.elem, &b.elem) && text(&a.len) == text(&b.len)
        }
        (a, b) => text(a) == text(b),
    }
}

fn is_same_path(a: &Path, b: &Path) -> bool {
    let (names_of_a, names_of_b) = (names(a), names(b));
    let is_same_name = names_of_a.ends_with(&names_of_b) || names_of_b.ends_with(&names_of_a);
    let arguments = |path: &Path| match path.segments.last().map(|last| last.arguments.clone()) {
        Some(PathArguments::AngleBracketed(arguments)) => arguments.args,
        _ => Punctuated::new(),
    };
    is_same_name
        && all_same(&arguments(a), &arguments(b), |a, b| match (a, b) {
            (GenericArgument::Type(a), GenericArgument::Type(b)) => is_same(a, b),
            (a, b) => text(a) == text(b),
        })
}

fn all_same<T, P>(a: &Punctuated<T, P>, b: &Punctuated<T, P>, same: fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// Returns the names of a path, without the part that only says where it starts.
fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = segments(path);
    let anchors = names
        .iter()
        .take_while(|name| matches!(name.as_str(), "crate" | "self" | "super"));
    names.drain(..anchors.count());
    if names.len() > 1 && matches!(names[0].as_str(), "std" | "core" | "alloc") {
        names.remove(0);
    }
    names
}

pub(super) fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|it| it.ident.unraw().to_string()).collect()
}

/// Returns whether a type is an `Option`.
pub(super) fn is_option(type_name: &str) -> bool {
    syn::parse_str(type_name).is_ok_and(|ty| inside(&ty, &["Option"]).is_some())
}

/// Strips what does not change the encoding of a type: parentheses and pointers.
fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => inside(ty, &["Box", "Arc", "Rc"]).map_or(ty, plain),
    }
}

/// Returns the argument of a generic type with one of these names.
fn inside<'a>(ty: &'a Type, generic: &[&str]) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if generic.iter().any(|name| last.ident == name) => {
            Some(inner)
        }
        _ => None,
    }
}

/// Returns whether every integer of the first type is one of the second.
fn is_wider(before: &Type, after: &Type) -> bool {
    let integer = |ty: &Type| {
        let text = text(ty);
        let (sign, bits) = text.split_at_checked(1)?;
        // Not `usize`, whose size depends on the platform.
        let bits: u32 = bits.parse().ok()?;
        matches!(sign, "u" | "i").then_some((sign == "i", bits))
    };
    let (Some((was_signed, was)), Some((is_signed, is))) = (integer(before), integer(after)) else {
        return false;
    };
    was < is && (is_signed || !was_signed)
}

/// Formats a type for the lock file, without trailing commas and parentheses.
pub(super) fn written(mut ty: Type) -> String {
    struct Tidy;

    impl VisitMut for Tidy {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            while let Type::Paren(_) | Type::Group(_) = ty {
                let inner = match ty {
                    Type::Paren(paren) => (*paren.elem).clone(),
                    Type::Group(group) => (*group.elem).clone(),
                    _ => break,
                };
                *ty = inner;
            }
            visit_mut::visit_type_mut(self, ty);
        }

        fn visit_type_tuple_mut(&mut self, tuple: &mut TypeTuple) {
            if tuple.elems.len() > 1 {
                tuple.elems.pop_punct();
            }
            visit_mut::visit_type_tuple_mut(self, tuple);
        }

        fn visit_angle_bracketed_generic_arguments_mut(
            &mut self,
            arguments: &mut AngleBracketedGenericArguments,
        ) {
            arguments.args.pop_punct();
            visit_mut::visit_angle_bracketed_generic_arguments_mut(self, arguments);
        }
    }

    Tidy.visit_type_mut(&mut ty);
    text(&ty)
}

/// Formats tokens as the records do, without spaces between most of them.
fn text(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(&mut text, tokens.to_token_stream());
    text
}

fn write(text: &mut String, tokens: TokenStream) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(text, group.stream());
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                if matches!(punct.as_char(), ',' | ';') {
                    text.push(' ');
                }
            }
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
    if text.ends_with(", ") {
        text.pop(); // Of a tuple with one element.
    }
}

#[cfg(test)]
mod tests {
    use super::TypeChange::{Optional, Other, Required, Same, Wider};
    use super::{compare, written};

    #[test]
    fn a_type_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("Vec<(Address, Name, ), >", "Vec<(Address, Name)>"),
            ("String", "std::string::String"),
            ("std::string::String", "::alloc::string::String"),
            ("Address", "crate::types::Address"),
            ("super::types::Address", "types::Address"),
            ("Option<crate::Name>", "std::option::Option<Name>"),
            ("[Name; 2]", "[super::Name; 2]"),
            ("Box<Address>", "Address"),
            ("(u8)", "u8"),
        ] {
            assert_eq!(compare(one, other), Same, "{one}, {other}");
            assert_eq!(compare(other, one), Same, "{other}, {one}");
        }
    }

    #[test]
    fn another_type_is_another() {
        for (one, other) in [
            ("v1::Address", "v2::Address"),
            ("crate::v1::Address", "other::v1::Address2"),
            ("Vec<Address>", "Vec<Name>"),
            ("(Address)", "(Address, )"),
            ("[u8; 2]", "[u8; 3]"),
            ("HashMap<A, B>", "HashMap<B, A>"),
            ("usize", "u64"),
            ("u8", "Id"),
        ] {
            assert_eq!(compare(one, other), Other, "{one}, {other}");
            assert_eq!(compare(other, one), Other, "{other}, {one}");
        }
    }

    #[test]
    fn some_changes_have_a_direction() {
        assert_eq!(compare("Name", "Option<crate::Name>"), Optional);
        assert_eq!(compare("Option<String>", "String"), Required);
        assert_eq!(compare("u8", "u32"), Wider);
        assert_eq!(compare("u8", "i16"), Wider);
        assert_eq!(compare("u32", "u8"), Other);
        assert_eq!(compare("i8", "u16"), Other);
        assert_eq!(compare("u8", "i8"), Other);
    }

    #[test]
    fn a_type_is_written_in_one_way() {
        for (source, text) in [
            ("Vec < ( A , B , ) , >", "Vec<(A, B)>"),
            ("(((A)), (B))", "(A, B)"),
            ("(A,)", "(A,)"),
            ("Cow<'static, [u8; 4]>", "Cow<'static, [u8; 4]>"),
        ] {
            assert_eq!(written(syn::parse_str(source).expect("a type")), text);
        }
    }
}
