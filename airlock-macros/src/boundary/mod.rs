//! `#[airlock::boundary]`: opens a scope around a function's body.

mod args;
pub(crate) mod disguise;
mod expand;

use proc_macro2::TokenStream;
use quote::quote;

use crate::function::Function;
use crate::problems::Problems;
use args::Args;

/// Returns the expansion.
pub(crate) fn boundary(args: TokenStream, item: &TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let message = "a boundary is a function with a body: put `#[airlock::boundary]` on `fn` or `async fn`, in an impl too";
            let error = syn::Error::new(proc_macro2::Span::call_site(), message);
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let mut problems = Problems::default();
    let args = Args::parse(args, &mut problems);
    if let Some(token) = &function.sig.constness {
        problems.at(
            token,
            "a scope cannot be opened at compile time: remove `const` or the boundary",
        );
    }
    let form = disguise::form(&function, &mut problems);
    // Expand even if an argument is wrong, so that the rest of the crate has no follow-up errors.
    let expansion = match form {
        Some(form) if function.sig.constness.is_none() => expand::expand(&args, &function, form),
        _ => quote!(#function),
    };
    let errors = problems.into_compile_errors();
    quote!(#expansion #errors)
}
