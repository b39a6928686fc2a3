//! The arguments of `#[airlock::boundary(..)]`.

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Expr, Ident, LitStr, Type};

use crate::arguments::{Facade, equals, read_each, set_list, set_once, set_value};
use crate::problems::Problems;

const KNOWN: &[&str] = &[
    "policy",
    "executor",
    "lifecycle",
    "name",
    "emits",
    "on_flush_error",
    "discard_if",
    "crate",
];

/// Names that users try, and what to write instead.
const MEANT: &[(&str, &str)] = &[
    ("policies", "`policy = (first, second)`"),
    ("effects", "`emits(A, B)`"),
    ("allow", "`emits(A, B)`"),
    ("on_error", "`on_flush_error = ..`"),
];

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) policy: Option<Expr>,
    pub(crate) executor: Option<Expr>,
    pub(crate) lifecycle: Option<Expr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) emits: Option<Vec<Type>>,
    pub(crate) on_flush_error: Option<OnFlushError>,
    /// A closure that tells from the returned value whether the scope is discarded.
    pub(crate) discard_if: Option<Expr>,
    /// The path of the facade.
    pub(crate) krate: Facade,
}

/// The reaction to a flush that failed after the body had succeeded.
pub(crate) enum OnFlushError {
    Log,
    Panic,
    /// A closure that maps the error to the value to return.
    Value(Box<Expr>),
}

impl Args {
    /// Parses the arguments. Adds a problem for each one that is invalid.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        read_each(tokens, KNOWN, MEANT, problems, |key, input| {
            args.read(key, input)
        });
        args
    }

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "policy" => set_value(&mut self.policy, key, input)?,
            "executor" => set_value(&mut self.executor, key, input)?,
            "lifecycle" => set_value(&mut self.lifecycle, key, input)?,
            "name" => set_value(&mut self.name, key, input)?,
            "emits" => set_list(&mut self.emits, key, input)?,
            "on_flush_error" => {
                equals(key, input)?;
                let value: Expr = input.parse()?;
                let choice = match &value {
                    Expr::Path(path) if path.path.is_ident("log") => OnFlushError::Log,
                    Expr::Path(path) if path.path.is_ident("panic") => OnFlushError::Panic,
                    Expr::Path(path) if path.path.is_ident("ignore") => {
                        let message = "a failed flush is never ignored: write `log`, `panic`, or `|error| ..` with the value to return";
                        return Err(syn::Error::new_spanned(path, message));
                    }
                    Expr::Path(path) if path.path.is_ident("None") => {
                        let message = "a closure returns the value: write `|_| None`";
                        return Err(syn::Error::new_spanned(path, message));
                    }
                    _ => OnFlushError::Value(Box::new(value)),
                };
                set_once(&mut self.on_flush_error, key, choice)?;
            }
            "discard_if" => set_value(&mut self.discard_if, key, input)?,
            "crate" => self.krate.set(key, input)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
