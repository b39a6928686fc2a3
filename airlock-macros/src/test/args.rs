//! The arguments of `#[airlock::test(..)]`.

use proc_macro2::{Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Expr, Ident};

use crate::arguments::{Facade, read_each, set_flag, set_value};
use crate::problems::Problems;

const KNOWN: &[&str] = &["strict", "airlock", "crate"];

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) strict: Option<Span>,
    pub(crate) airlock: Option<Expr>,
    /// The path of the facade.
    pub(crate) krate: Facade,
}

impl Args {
    /// Parses the arguments. Adds a problem for each one that is invalid.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        read_each(tokens, KNOWN, &[], problems, |key, input| {
            args.read(key, input)
        });
        args
    }

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "strict" => set_flag(&mut self.strict, key, input)?,
            "airlock" => set_value(&mut self.airlock, key, input)?,
            "crate" => self.krate.set(key, input)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
