//! Shared parsers for the argument lists of the attributes.

use std::time::Duration;

use proc_macro2::{Span, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseBuffer, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, LitStr, Path, Token, parenthesized, token};

use crate::problems::Problems;

/// The path of the facade: `::airlock`, unless `crate = ..` sets another.
#[derive(Default)]
pub(crate) struct Facade(Option<Path>);

impl Facade {
    pub(crate) fn set(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        equals(key, input)?;
        set_once(&mut self.0, key, input.call(Path::parse_mod_style)?)
    }
}

impl ToTokens for Facade {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => quote!(::airlock).to_tokens(tokens),
        }
    }
}

/// Parses `key`, `key = ..` and `key(..)`, separated by commas. `read` parses one argument, and returns
/// `false` if it does not know the key. An error in one argument does not hide errors in the next.
///
/// `meant` has names that users try instead of ours, each with what to write.
pub(crate) fn read_each(
    tokens: proc_macro2::TokenStream,
    known: &[&str],
    meant: &[(&str, &str)],
    problems: &mut Problems,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<bool>,
) {
    for argument in split_at_commas(tokens) {
        let parser = |input: ParseStream<'_>| {
            if input.peek(Lit) {
                let value: Lit = input.parse()?;
                let text = value.to_token_stream();
                let message = match known.contains(&"name") {
                    true => {
                        format!("an argument has a name: write `name = {text}` if this is the name")
                    }
                    false => format!("an argument has a name (known are: {})", known.join(", ")),
                };
                let _: proc_macro2::TokenStream = input.parse()?;
                return Err(syn::Error::new(value.span(), message));
            }
            // `parse_any`, since `crate` is a keyword.
            let key = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            if read(&key, input)? {
                return Ok(());
            }
            let _: proc_macro2::TokenStream = input.parse()?;
            Err(syn::Error::new(
                key.span(),
                unknown(&key.to_string(), known, meant),
            ))
        };
        problems.keep(parser.parse2(argument));
    }
}

/// Splits `a, b = |x, y| x, c(..)` at its commas, except those within groups or closure parameters.
fn split_at_commas(tokens: proc_macro2::TokenStream) -> Vec<proc_macro2::TokenStream> {
    let mut arguments = vec![proc_macro2::TokenStream::new()];
    let mut in_parameters = false;
    // A `|` after an operand is the operator; anywhere else it opens the parameters of a closure.
    let mut behind_operand = false;
    for token in tokens {
        let mut is_operand = true;
        match &token {
            TokenTree::Punct(punct) => {
                // Behind the operator `|` too, so that the second bar of `a || b` opens nothing.
                is_operand = matches!(punct.as_char(), '?' | '|') && behind_operand;
                match punct.as_char() {
                    '|' => in_parameters = !in_parameters && !behind_operand,
                    ',' if !in_parameters => {
                        arguments.push(proc_macro2::TokenStream::new());
                        behind_operand = false;
                        continue;
                    }
                    _ => {}
                }
            }
            TokenTree::Ident(word) => {
                is_operand = !["move", "async", "return", "static"]
                    .iter()
                    .any(|keyword| word == keyword);
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
        behind_operand = is_operand;
        if let Some(argument) = arguments.last_mut() {
            argument.extend([token]);
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

fn unknown(key: &str, known: &[&str], meant: &[(&str, &str)]) -> String {
    if let Some((_, instead)) = meant.iter().find(|(wrong, _)| *wrong == key) {
        return format!("there is no argument `{key}`: write {instead}");
    }
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

/// Stores a value. Returns an error if the slot is filled already.
pub(crate) fn set_once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        Some(_) => Err(syn::Error::new(
            key.span(),
            format!("`{key}` is given twice"),
        )),
        None => Ok(()),
    }
}

/// Parses `= value` into an empty slot.
pub(crate) fn set_value<T: Parse>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    equals(key, input)?;
    set_once(slot, key, input.parse()?)
}

/// Parses the `=` after a key.
pub(crate) fn equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let found = input.parse::<Token![=]>();
    found.map(drop).map_err(|_| {
        let message = format!("`{key}` takes a value: `{key} = ..`");
        syn::Error::new(key.span(), message)
    })
}

/// Parses `(a, b, ..)` into an empty slot.
pub(crate) fn set_list<T: Parse>(
    slot: &mut Option<Vec<T>>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    let content = parentheses(key, input, "(..)")?;
    let list = content.call(Punctuated::<T, Token![,]>::parse_terminated)?;
    set_once(slot, key, list.into_iter().collect())
}

/// Returns the content of the parentheses after a key.
pub(crate) fn parentheses<'a>(
    key: &Ident,
    input: ParseStream<'a>,
    example: &str,
) -> syn::Result<ParseBuffer<'a>> {
    if !input.peek(token::Paren) {
        let message = format!("`{key}` is written with parentheses: `{key}{example}`");
        return Err(syn::Error::new(key.span(), message));
    }
    let content;
    parenthesized!(content in input);
    Ok(content)
}

/// Sets a flag, a key without a value.
pub(crate) fn set_flag(
    slot: &mut Option<Span>,
    key: &Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    if !input.is_empty() {
        let message = format!("`{key}` takes no value: remove the value, or the argument");
        return Err(input.error(message));
    }
    set_once(slot, key, key.span())
}

/// A duration as text: `"250ms"`, `"5s"`, `"2m"`, `"1h"`.
pub(crate) struct DurationText(pub(crate) Duration);

impl Parse for DurationText {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORM: &str =
            "a duration is a number with its unit: `\"250ms\"`, `\"5s\"`, `\"2m\"` or `\"1h\"`";
        if !input.peek(LitStr) {
            return Err(input.error(FORM));
        }
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
            None => Err(syn::Error::new(text.span(), FORM)),
        }
    }
}
