//! The expansion of an effect with a wrong signature: enough items for the rest of the crate to compile.

use proc_macro2::TokenStream;
use quote::quote;
use syn::FnArg;

use crate::effect::args::Args;
use crate::effect::model::intent_name;
use crate::function::Function;

/// Generates a stub: `fn send<T>(to: &str, (a, b): (T, T))` becomes
/// `fn send<T>(_: &str, _: (T, T)) -> SendIntent`. A function with `self`, such as
/// `fn send(&self, to: &str)`, or a variadic one stays as it is.
pub(super) fn stub(args: &Args, function: &Function) -> TokenStream {
    let Function {
        attrs, vis, sig, ..
    } = function;
    if sig.receiver().is_some() || sig.variadic.is_some() {
        return as_written(function);
    }
    let krate = &args.krate;
    let ident = &sig.ident;
    let intent = intent_name(args, ident);
    let generics = &sig.generics;
    let clause = &generics.where_clause;
    let types = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input)
            if !input
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("resource")) =>
        {
            Some(&input.ty)
        }
        _ => None,
    });
    let docs = attrs
        .iter()
        .filter(|attr| crate::function::is_one_of(attr, &["doc", "cfg"]));
    quote! {
        #(#docs)*
        #vis fn #ident #generics (#(_: #types),*) -> #intent #clause { #intent {} }
        #[doc(hidden)]
        #vis struct #intent {}
        #krate::__private::stub!(#intent);
    }
}

/// Returns the function as written, without `#[resource]`, which only this macro understands.
fn as_written(function: &Function) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            input.attrs.retain(|attr| !attr.path().is_ident("resource"));
        }
    }
    quote!(#(#attrs)* #vis #sig #body)
}
