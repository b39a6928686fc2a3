//! `#[airlock::effect]`: turns a function into the constructor of a typed intent.

mod args;
mod encoding;
mod expand;
mod model;
mod signature;
mod stub;

use proc_macro2::TokenStream;
use quote::quote;

use crate::function::Function;
use crate::problems::Problems;
use args::Args;

/// Returns the expansion.
pub(crate) fn effect(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => return not_a_function(item),
    };
    let mut problems = Problems::default();
    let args = Args::parse(args, &mut problems);
    function.attrs.retain(|attr| {
        let derives = attr.path().is_ident("derive");
        if derives {
            problems.at(
                attr.path(),
                "derives for the intent's type belong in the effect's attribute: `#[airlock::effect(derive(..))]`",
            );
        }
        !derives
    });
    let signature = signature::check(&function.sig, &mut problems);
    let expansion = match signature {
        // Expand even if an argument is wrong, so that the rest of the crate has no follow-up errors.
        Some(signature) => expand::expand(&model::build(args, &function, signature, &mut problems)),
        None => stub::stub(&args, &function),
    };
    let errors = problems.into_compile_errors();
    quote!(#expansion #errors)
}

fn not_a_function(item: &TokenStream) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    // The kind of the item is its first keyword, after attributes and visibility.
    let keyword = tokens.find_map(|token| match token {
        proc_macro2::TokenTree::Ident(word)
            if [
                "struct", "enum", "impl", "trait", "mod", "const", "static", "type", "fn",
            ]
            .iter()
            .any(|known| word == known) =>
        {
            Some(word)
        }
        _ => None,
    });
    let message = match &keyword {
        Some(word) if word == "fn" => {
            "an effect needs a body: put `#[airlock::effect]` on a free function that performs it"
        }
        Some(word) if word == "impl" => {
            "an effect is a free function: move what performs it out of the impl, mark that, and let the method enqueue it"
        }
        _ => "an effect is a function: put `#[airlock::effect]` on `fn` or `async fn`",
    };
    let error = match keyword {
        Some(word) => syn::Error::new(word.span(), message),
        None => syn::Error::new(proc_macro2::Span::call_site(), message),
    };
    let error = error.into_compile_error();
    quote!(#item #error)
}
