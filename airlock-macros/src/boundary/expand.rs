//! Generates the function with a scope around its body.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{GenericArgument, PathArguments, ReturnType, Signature, Type, TypeParamBound};

use crate::arguments::Facade;
use crate::boundary::args::{Args, OnFlushError};
use crate::boundary::disguise::Form;
use crate::function::{Function, docs, place, plain_name, respan, unwrapped};

/// Expands a boundary:
/// ```text
/// async fn checkout(..) -> Result<Receipt, E> { BODY }
/// ```
/// becomes
/// ```text
/// async fn checkout(..) -> Result<Receipt, E> {
///     const BOUNDARY: .. = ..;
///     submit_boundary! { .. }
///     let scope = boundary(BOUNDARY).policy(..);
///     scope.__boundary_async(
///         async move { let value = async move { BODY }.await; (outcome!(value), value) },
///         |error, value| Carrier(value).return_flush_error(error),
///     ).await
/// }
/// ```
pub(crate) fn expand(args: &Args, function: &Function, form: Form) -> TokenStream {
    let krate = &args.krate;
    let private = quote!(#krate::__private);
    let is_async = !matches!(form, Form::Sync);
    let declaration = declaration(args, function, is_async, krate);
    let setters = [
        ("policy", &args.policy),
        ("executor", &args.executor),
        ("lifecycle", &args.lifecycle),
    ];
    let setters = setters.into_iter().filter_map(|(setter, value)| {
        let setter = quote::format_ident!("{setter}");
        value.as_ref().map(|value| quote!(.#setter(#value)))
    });
    // A `let` drops the temporaries of the expressions (borrows, lock guards) before the body runs.
    let scope = quote!(let __airlock_scope = #private::boundary(__AIRLOCK_BOUNDARY)#(#setters)*;);
    let on_error = on_flush_error(args, &function.sig, &private);
    let outcome = outcome(args, &private);
    let (inner_attrs, body) = function.split_body();
    let run = match form {
        Form::Sync => {
            let output = declared(&function.sig.output);
            let convert = conversion(&output, &private);
            let output = erased(&output);
            let returns = match &function.sig.output {
                ReturnType::Default => None,
                ReturnType::Type(..) => Some(quote!(-> #output)),
            };
            quote! {
                #scope
                __airlock_scope.__boundary(
                    move || {
                        let value: #output = #private::once(move || #returns #body);
                        #convert
                        (#outcome, value)
                    },
                    #on_error,
                )
            }
        }
        Form::Async => {
            let wrapped = wrapped(
                &declared(&function.sig.output),
                &body.stream(),
                &outcome,
                &on_error,
                &private,
            );
            quote!(#scope #wrapped.await)
        }
        Form::Disguised(disguised) => {
            let block = &disguised.block;
            let wrapped = wrapped(
                &disguised.output,
                &statements(block),
                &outcome,
                &on_error,
                &private,
            );
            disguised.around(quote!(async move { #scope #wrapped.await }))
        }
    };
    let Function {
        attrs, vis, sig, ..
    } = function;
    quote! {
        #(#attrs)* #vis #sig {
            #inner_attrs
            #declaration
            #run
        }
    }
}

/// Returns the statements without the braces, which would be redundant after other statements.
fn statements(block: &syn::Block) -> TokenStream {
    let statements = &block.stmts;
    quote!(#(#statements)*)
}

fn wrapped(
    declared: &Type,
    body: &TokenStream,
    outcome: &TokenStream,
    on_error: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let convert = conversion(declared, private);
    let output = erased(declared);
    // The span makes the compiler report a body of another type at the declared type.
    let span = proc_macro2::Span::call_site().located_at(output.span());
    let returned = quote_spanned!(span=> return value;);
    // A response builder may implement `Future`; the body returns it without awaiting it.
    let allow = convert.is_some().then(
        || quote!(#[allow(clippy::async_yields_async, reason = "the function yields it as well")]),
    );
    quote! {
        __airlock_scope.__boundary_async(
            async move {
                #allow
                let value = async move {
                    // Declares the output type, so that `?` and `return` in the body can infer it.
                    if let ::core::option::Option::Some(value) = ::core::option::Option::None::<#output> {
                        #returned
                    }
                    #body
                }
                .await;
                #convert
                (#outcome, value)
            },
            #on_error,
        )
    }
}

/// Converts the body's value into a response, so that its status can be judged. Applies only if the
/// declared type is `impl IntoResponse` or `impl Responder`, or a `Result` of one: there the caller cannot
/// tell the response from the original value.
fn conversion(declared: &Type, private: &TokenStream) -> Option<TokenStream> {
    let ways = match unwrapped(declared) {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let mut types = types_of(&last.arguments);
            let is_result = last.ident.to_string().ends_with("Result");
            ways_to_respond(types.next().filter(|_| is_result)?)
        }
        ty => ways_to_respond(ty),
    }?;
    Some(quote!(let value = #private::response!(value, #private::#ways);))
}

/// Returns the module that converts values of `impl IntoResponse` or `impl Responder`. The trait is
/// recognised by its name; the generated code checks that it is the expected one.
fn ways_to_respond(ty: &Type) -> Option<TokenStream> {
    let Type::ImplTrait(ty) = unwrapped(ty) else {
        return None;
    };
    let traits = ty.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    let mut names = traits.map(|last| &last.ident);
    let first = names.next()?;
    let ways = match first.to_string().as_str() {
        "IntoResponse" => quote!(conversions),
        "Responder" => quote!(responders),
        _ => return None,
    };
    names.all(|name| name == "Send").then_some(ways)
}

fn types_of(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    let types = arguments.into_iter().flatten();
    types.filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn declaration(args: &Args, function: &Function, is_async: bool, krate: &Facade) -> TokenStream {
    let private = quote!(#krate::__private);
    let place = place(&function.sig.ident);
    let name = match &args.name {
        Some(name) => name.value(),
        None => plain_name(&function.sig.ident),
    };
    let docs = docs(&function.attrs);
    let docs = (!docs.is_empty()).then(|| quote!(docs: #docs,));
    let emits = args.emits.as_ref().map(|effects| {
        let effects = effects.iter().map(
            |effect| quote_spanned!(effect.span()=> <#effect as #private::Effect>::DESCRIPTOR),
        );
        quote!(emits: ::core::option::Option::Some(&[#(#effects),*]),)
    });
    let is_async = is_async.then(|| quote!(is_async: true,));
    quote! {
        const __AIRLOCK_BOUNDARY: &#private::BoundaryDescriptor =
            &#private::BoundaryDescriptor::new(#private::BoundarySpec {
                #docs #emits #is_async
                ..#private::BoundarySpec::new(#private::place!(#place), #name)
            });
        #private::submit_boundary! { __AIRLOCK_BOUNDARY }
    }
}

/// Generates the reaction to a failed flush. Without `on_flush_error`, the return type must be able to
/// carry the error; otherwise the compiler reports an error at that type.
fn on_flush_error(args: &Args, sig: &Signature, private: &TokenStream) -> TokenStream {
    let large = quote!(#[allow(clippy::result_large_err, reason = "the function's own type")]);
    match &args.on_flush_error {
        Some(OnFlushError::Log) => quote!(#private::log_flush_error),
        // A closure, so that the panic reports the boundary's line.
        Some(OnFlushError::Panic) => quote!(|error, _| #private::panic_on_flush_error(error)),
        // `unwrap_or_else` infers the type of the closure's argument, unlike an immediate call of it.
        Some(OnFlushError::Value(value)) => {
            quote!(#large |error, _| #private::report_unhandled_on_drop(error).unwrap_or_else(#value))
        }
        None => {
            let span = match &sig.output {
                ReturnType::Default => sig.ident.span(),
                ReturnType::Type(_, ty) => ty.span(),
            };
            let returns = quote! {
                #large
                |error, value| {
                    #[allow(unused_imports, clippy::wildcard_imports, reason = "one of them carries it")]
                    use #private::carriers::*;
                    (&&#private::Carrier(&value)).return_flush_error(error)
                }
            };
            respan(returns, span)
        }
    }
}

/// Returns the outcome of the returned value: by its type, or by `discard_if`.
fn outcome(args: &Args, private: &TokenStream) -> TokenStream {
    let outcome = quote!(#private::outcome!(value, #private));
    match &args.discard_if {
        None => outcome,
        // Passed to a function, so that the closure's argument needs no type.
        Some(discards) => quote!(#private::discard_if(#outcome, &value, #discards)),
    }
}

fn declared(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

/// Replaces `impl Trait`, which is not allowed in a `let`, by `_`.
fn erased(ty: &Type) -> Type {
    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty
}

struct Erase;

impl VisitMut for Erase {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = syn::parse_quote!(_);
        } else {
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
}
