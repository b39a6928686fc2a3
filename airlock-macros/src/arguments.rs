//! What the attributes' argument lists share.

use std::time::Duration;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token, parenthesized};

use crate::problems::Problems;

/// Reads `key`, `key = ..` and `key(..)`, separated by commas. `read` handles one key and says
/// whether it knows it. A mistake in one argument does not hide those in the next.
pub(crate) fn read_each(
    tokens: proc_macro2::TokenStream,
    known: &[&str],
    problems: &mut Problems,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<bool>,
) {
    for argument in split_at_commas(tokens) {
        let parser = |input: ParseStream<'_>| {
            // `crate` is a keyword, and so no plain identifier.
            let key = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            if read(&key, input)? {
                return Ok(());
            }
            let _: proc_macro2::TokenStream = input.parse()?;
            Err(syn::Error::new(
                key.span(),
                unknown(&key.to_string(), known),
            ))
        };
        problems.keep(parser.parse2(argument));
    }
}

/// `a, b = |x, y| x, c(..)` is not split inside groups; a closure's parameters stay together too.
fn split_at_commas(tokens: proc_macro2::TokenStream) -> Vec<proc_macro2::TokenStream> {
    let mut arguments = vec![proc_macro2::TokenStream::new()];
    let mut bars = 0;
    for token in tokens {
        if let proc_macro2::TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '|' => bars += 1,
                ',' if bars % 2 == 0 => {
                    arguments.push(proc_macro2::TokenStream::new());
                    continue;
                }
                _ => {}
            }
        }
        if let Some(argument) = arguments.last_mut() {
            argument.extend([token]);
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

fn unknown(key: &str, known: &[&str]) -> String {
    let distances = known
        .iter()
        .map(|known| (strsim::osa_distance(key, known), known));
    let near = distances
        .filter(|(distance, known)| distance * 2 <= known.len())
        .min();
    let hint = near
        .map(|(_, near)| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    format!(
        "there is no argument `{key}`{hint} (known are: {})",
        known.join(", ")
    )
}

/// Stores a value, once.
pub(crate) fn set_once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        Some(_) => Err(syn::Error::new(
            key.span(),
            format!("`{key}` is given twice"),
        )),
        None => Ok(()),
    }
}

/// `= value`, once.
pub(crate) fn set_value<T: Parse>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    input.parse::<Token![=]>()?;
    set_once(slot, key, input.parse()?)
}

/// `(a, b, ..)`, once.
pub(crate) fn set_list<T: Parse>(
    slot: &mut Option<Vec<T>>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    let content;
    parenthesized!(content in input);
    let list = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
    set_once(slot, key, list.into_iter().collect())
}

/// A bare word, once.
pub(crate) fn set_flag(slot: &mut Option<Span>, key: &Ident) -> syn::Result<()> {
    set_once(slot, key, key.span())
}

/// A duration as text: `"250ms"`, `"5s"`, `"2m"`, `"1h"`.
pub(crate) struct DurationText(pub(crate) Duration);

impl Parse for DurationText {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let text: LitStr = input.parse()?;
        let value = text.value();
        let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = value.split_at(digits);
        let millis = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let number = number.parse::<u64>().ok();
        match number
            .zip(millis)
            .and_then(|(number, millis)| number.checked_mul(millis))
        {
            Some(millis) => Ok(Self(Duration::from_millis(millis))),
            None => Err(syn::Error::new(
                text.span(),
                "a duration is a number with its unit: `\"250ms\"`, `\"5s\"`, `\"2m\"` or `\"1h\"`",
            )),
        }
    }
}
