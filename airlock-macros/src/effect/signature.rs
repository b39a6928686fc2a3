//! Validation of an effect's signature.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{
    Attribute, FnArg, GenericParam, Pat, PatType, ReturnType, Safety, Signature, Type,
    TypeImplTrait, TypeReference,
};

use crate::function::{is_one_of, unwrapped};
use crate::problems::Problems;

/// A valid signature.
pub(crate) struct Checked {
    pub(crate) parameters: Vec<Parameter>,
}

/// One parameter of the body.
pub(crate) struct Parameter {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) serde: Vec<Attribute>,
    pub(crate) mutability: Option<syn::Token![mut]>,
    pub(crate) ident: Ident,
    /// The type as written; for a resource, without its `&`.
    pub(crate) ty: Type,
    pub(crate) kind: ParameterKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    Argument,
    Resource,
}

/// Checks a signature and adds every problem. Returns `None` if there is one.
pub(crate) fn check(sig: &Signature, problems: &mut Problems) -> Option<Checked> {
    let mut found = Problems::default();
    check_qualifiers(sig, &mut found);
    check_generics(sig, &mut found);
    let parameters: Vec<_> = sig
        .inputs
        .iter()
        .filter_map(|input| parameter(input, &mut found))
        .collect();
    if let ReturnType::Type(_, ty) = &sig.output
        && let Type::ImplTrait(ty) = unwrapped(ty)
    {
        found.at(
            ty.impl_token,
            "an effect returns `()` or `Result<(), E>` with a concrete error",
        );
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        check_error(ty, &mut found);
    }
    if found.is_empty() {
        return Some(Checked { parameters });
    }
    found.move_into(problems);
    None
}

/// Refuses `Box<dyn Error>` as an error: the compiler would explain it by a failed conversion.
fn check_error(ty: &Type, problems: &mut Problems) {
    let mut boxed = BoxedErrors(Vec::new());
    boxed.visit_type(ty);
    for token in boxed.0 {
        problems.at(
            token,
            "the error of an effect moves between threads: write `Box<dyn Error + Send + Sync>`, or `airlock::BoxError`",
        );
    }
}

/// A visitor that collects the `dyn` of each `dyn Error` that is not `Send + Sync`.
struct BoxedErrors(Vec<syn::Token![dyn]>);

impl<'ast> Visit<'ast> for BoxedErrors {
    fn visit_type_trait_object(&mut self, ty: &'ast syn::TypeTraitObject) {
        let is = |name: &str| {
            ty.bounds.iter().any(|bound| match bound {
                syn::TypeParamBound::Trait(bound) => bound
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident == name),
                _ => false,
            })
        };
        if is("Error") && !(is("Send") && is("Sync")) {
            self.0.extend(ty.dyn_token);
        }
    }
}

fn check_qualifiers(sig: &Signature, problems: &mut Problems) {
    if let Some(token) = &sig.constness {
        problems.at(
            token,
            "an effect acts on the world and cannot be `const`: remove the word",
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        problems.at(
            token,
            "an effect is run by executors, which cannot uphold the conditions of an `unsafe fn`: make it safe, with an `unsafe` block in the body",
        );
    }
    if let Some(abi) = &sig.abi {
        problems.at(
            abi,
            "an effect is called by executors in Rust's own way: remove the `extern`",
        );
    }
    if let Some(variadic) = &sig.variadic {
        problems.at(
            variadic,
            "an intent holds a fixed number of arguments: take a `Vec` instead",
        );
    }
}

fn check_generics(sig: &Signature, problems: &mut Problems) {
    for parameter in &sig.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => problems.at(
                lifetime,
                "an effect is stored and run later, so it takes no lifetimes: its arguments are owned",
            ),
            parameter => problems.at(
                parameter,
                "an effect has one id and one intent type, so it cannot be generic: write one function for each type, which may call a generic one",
            ),
        }
    }
    if sig.generics.params.is_empty()
        && let Some(clause) = &sig.generics.where_clause
    {
        problems.at(
            clause.where_token,
            "an effect is not generic: remove the `where` clause",
        );
    }
}

/// The attributes allowed on parameters. `#[serde]` is used for durable effects and ignored otherwise.
const ALLOWED_ON_PARAMETERS: &[&str] = &["resource", "cfg", "cfg_attr", "doc", "serde"];

fn parameter(input: &FnArg, problems: &mut Problems) -> Option<Parameter> {
    let input = match input {
        FnArg::Typed(input) => input,
        FnArg::Receiver(receiver) => {
            problems.at(
                receiver.self_token,
                "an effect is a free function, since an intent cannot hold `self`: move it out of the impl, pass what it needs as arguments, and let the method enqueue it",
            );
            return None;
        }
    };
    let is_resource = input
        .attrs
        .iter()
        .any(|attr| is_one_of(attr, &["resource"]));
    for attr in &input.attrs {
        if !is_one_of(attr, ALLOWED_ON_PARAMETERS) {
            let word = attr.path().to_token_stream().to_string();
            let message = match word.as_str() {
                "redact" => format!(
                    "`{word}` belongs in the effect's attribute: `#[airlock::effect({word}(..))]`"
                ),
                _ => format!(
                    "an argument of an effect cannot have the attribute `{word}` (it can have: {})",
                    ALLOWED_ON_PARAMETERS.join(", ")
                ),
            };
            problems.at(attr.path(), message);
        }
    }
    for attr in &input.attrs {
        if is_one_of(attr, &["cfg_attr"]) && mentions_serde(attr) {
            problems.at(
                attr.path(),
                "a durable intent is encoded in the same way in every build: write `#[serde(..)]` without `cfg_attr`",
            );
        }
    }
    let named = name(&input.pat, problems);
    let ty = if is_resource {
        resource(input, problems)
    } else {
        argument(input, problems)
    };
    let (mutability, ident) = named?;
    let pick = |names: &[&str]| -> Vec<Attribute> {
        input
            .attrs
            .iter()
            .filter(|attr| is_one_of(attr, names))
            .cloned()
            .collect()
    };
    Some(Parameter {
        cfgs: pick(&["cfg", "cfg_attr"]),
        docs: pick(&["doc"]),
        serde: pick(&["serde"]),
        mutability,
        ident,
        ty: ty?,
        kind: if is_resource {
            ParameterKind::Resource
        } else {
            ParameterKind::Argument
        },
    })
}

fn mentions_serde(attr: &Attribute) -> bool {
    let syn::Meta::List(list) = &attr.meta else {
        return false;
    };
    let mut tokens = list.tokens.clone().into_iter();
    // `feature = "serde"` is a literal, so only the attribute itself is an identifier.
    tokens.any(|token| matches!(token, proc_macro2::TokenTree::Ident(word) if word == "serde"))
}

fn name(pat: &Pat, problems: &mut Problems) -> Option<(Option<syn::Token![mut]>, Ident)> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            Some((pat.mutability, pat.ident.clone()))
        }
        _ => {
            problems.at(
                pat,
                "an argument becomes a field of the intent, so it needs a plain name: write `point: (i32, i32)`, and take it apart in the body",
            );
            None
        }
    }
}

/// Returns the type behind the `&` of a resource.
fn resource(input: &PatType, problems: &mut Problems) -> Option<Type> {
    let Type::Reference(reference) = unwrapped(&input.ty) else {
        problems.at(
            &input.ty,
            "a resource is borrowed from the airlock that performs the effect: write `&T`",
        );
        return None;
    };
    if let Some(token) = &reference.mutability {
        problems.at(
            token,
            "a resource is shared by effects that run at the same time: write `&T`, with a lock inside if it must change",
        );
        return None;
    }
    if let Some(lifetime) = &reference.lifetime {
        problems.at(
            lifetime,
            "a resource lives as long as the airlock: leave the lifetime out",
        );
        return None;
    }
    Some(unwrapped(&reference.elem).clone())
}

fn argument(input: &PatType, problems: &mut Problems) -> Option<Type> {
    let mut borrowed = Borrowed {
        problems,
        found: false,
    };
    borrowed.visit_type(&input.ty);
    (!borrowed.found).then(|| (*input.ty).clone())
}

/// A visitor that searches for types that an intent cannot own.
struct Borrowed<'a> {
    problems: &'a mut Problems,
    found: bool,
}

impl<'ast> Visit<'ast> for Borrowed<'_> {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference
            .lifetime
            .as_ref()
            .is_some_and(|lifetime| lifetime.ident == "static")
        {
            return; // A `'static` reference can be stored.
        }
        self.found = true;
        let instead = match unwrapped(&reference.elem) {
            Type::Slice(slice) => format!("take `Vec<{}>`", slice.elem.to_token_stream()),
            Type::Path(path) if path.path.is_ident("str") => "take `String`".to_owned(),
            // A trait object has no owned form: it is a resource.
            Type::TraitObject(_) => "take a type that you name".to_owned(),
            ty => format!("take `{}`", crate::function::type_text(ty)),
        };
        self.problems.at(
            reference.and_token,
            format!(
                "an effect is stored and run later, so its arguments are owned: {instead}; if the body borrows it from the program (a mailer, a pool), mark it `#[resource]`"
            ),
        );
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.found = true;
        self.problems.at(
            ty.impl_token,
            "an intent has one type, so its arguments are concrete: name the type, or take `Box<dyn Trait + Send>` in an effect declared `once`",
        );
    }

    // Do not descend: the intent does not hold the references in `fn(&str)` and `Fn(&str)`.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(
        &mut self,
        _: &'ast syn::ParenthesizedGenericArguments,
    ) {
    }
}
