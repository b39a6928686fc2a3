//! `#[airlock::test]`: runs a test in a scope that nothing leaves.

mod args;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;

use crate::boundary::disguise::{self, Form};
use crate::function::Function;
use crate::problems::Problems;
use args::Args;

/// Returns the expansion.
pub(crate) fn test(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let message =
                "a test is a function with a body: put `#[airlock::test]` on `fn` or `async fn`";
            let error = syn::Error::new(proc_macro2::Span::call_site(), message);
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let mut problems = Problems::default();
    let args = Args::parse(args, &mut problems);
    let runner = model::runner(&function.attrs);
    let scope = model::take_scope(&mut function, runner, &mut problems);
    let form = disguise::form(&function, &mut problems);
    if !matches!(form, Some(Form::Disguised(_))) {
        model::check_output(&function.sig.output, &mut problems);
    }
    let expansion = match form {
        Some(form) if problems.is_empty() => {
            expand::expand(&args, function, scope.as_ref(), runner, form)
        }
        // Emit the function as written, without making it a test, to avoid follow-up errors.
        _ => quote!(#[allow(dead_code)] #item),
    };
    let errors = problems.into_compile_errors();
    quote!(#expansion #errors)
}
