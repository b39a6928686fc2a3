//! The attribute macros of airlock. This crate is an implementation detail of the facade `airlock`: use
//! the macros from there, where they are documented.
//!
//! Each macro has stages: `args` (parses the attribute), `model` (for effects and tests: validates the
//! function and reports every error), `expand` (generates tokens, makes no decisions).

mod arguments;
mod boundary;
mod effect;
mod function;
mod problems;
mod test;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Turns a function into an effect. Documented at `airlock::effect`.
#[proc_macro_attribute]
pub fn effect(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::effect(args.into(), &item.into()).into()
}

/// Puts a scope around a function's body. Documented at `airlock::boundary`.
#[proc_macro_attribute]
pub fn boundary(args: TokenStream, item: TokenStream) -> TokenStream {
    boundary::boundary(args.into(), &item.into()).into()
}

/// Runs a test in a scope that nothing leaves. Documented at `airlock::test`.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test::test(args.into(), &item.into()).into()
}
