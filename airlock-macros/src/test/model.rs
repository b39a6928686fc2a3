//! Validation of a test's signature, and detection of other test attributes.

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, FnArg, Pat, PatType, ReturnType, Token, Type, TypeImplTrait};

use crate::function::{Function, unwrapped};
use crate::problems::Problems;

/// The test runner of the function, according to the attributes below ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// No other test attribute: we add `#[test]`, and run an async body.
    Ours,
    /// A test attribute that calls the function: `#[test]`, `#[rstest]`.
    Caller,
    /// A test attribute that awaits the function: `#[tokio::test]`.
    Runtime,
}

/// The argument that takes the scope.
pub(crate) struct ScopeArgument {
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
}

pub(crate) fn runner(attrs: &[Attribute]) -> Runner {
    let runners = attrs.iter().filter_map(runner_of);
    runners.fold(Runner::Ours, |all, one| match (all, one) {
        (Runner::Runtime, _) | (_, Runner::Runtime) => Runner::Runtime,
        _ => one,
    })
}

/// Recognises a test attribute by its name, since a macro cannot see what another one expands to.
fn runner_of(attr: &Attribute) -> Option<Runner> {
    let segments = &attr.path().segments;
    let (first, last) = (&segments.first()?.ident, &segments.last()?.ident);
    if last == "rstest" {
        return Some(Runner::Caller);
    }
    if last != "test" {
        return None;
    }
    let is_std = segments.len() == 1 || first == "core" || first == "std";
    Some(if is_std {
        Runner::Caller
    } else {
        Runner::Runtime
    })
}

/// Removes the scope's argument from the signature. Adds a problem for anything that a test cannot have.
pub(crate) fn take_scope(
    function: &mut Function,
    runner: Runner,
    problems: &mut Problems,
) -> Option<ScopeArgument> {
    let sig = &mut function.sig;
    if let Some(token) = &sig.constness {
        problems.at(token, "a test is not `const`: remove it");
    }
    let mut scope = None;
    let mut others = Punctuated::<FnArg, Token![,]>::new();
    for argument in std::mem::take(&mut sig.inputs) {
        match argument {
            FnArg::Receiver(receiver) => {
                let message = "a test is a free function: take it out of the `impl` or the trait";
                problems.at(&receiver, message);
                others.push(FnArg::Receiver(receiver));
            }
            FnArg::Typed(argument) if is_scope(&argument.ty) => {
                if scope.is_some() {
                    problems.at(&argument, "the scope is taken twice: a test has one");
                } else {
                    scope = taken(argument, problems);
                }
            }
            argument @ FnArg::Typed(_) => {
                if runner == Runner::Ours {
                    let message = "nothing supplies this argument of the test: the scope is `&airlock::testing::TestScope`, and cases come from an attribute such as `#[rstest]` next to this one";
                    problems.at(&argument, message);
                }
                others.push(argument);
            }
        }
    }
    sig.inputs = others;
    scope
}

/// Rejects `impl Trait` in the return type: the value is kept while the scope ends, so its type needs a
/// name.
pub(crate) fn check_output(output: &ReturnType, problems: &mut Problems) {
    Nameless { problems }.visit_return_type(output);
}

struct Nameless<'a> {
    problems: &'a mut Problems,
}

impl<'ast> Visit<'ast> for Nameless<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        let message = "a test returns a type with a name, such as `Result<(), Box<dyn std::error::Error>>` or `std::process::ExitCode`: write it instead of `impl`";
        self.problems.at(ty, message);
    }
}

fn taken(argument: PatType, problems: &mut Problems) -> Option<ScopeArgument> {
    let is_shared =
        matches!(unwrapped(&argument.ty), Type::Reference(it) if it.mutability.is_none());
    if !is_shared {
        problems.at(
            &argument.ty,
            "the scope is passed by shared reference: take it as `&TestScope`",
        );
        return None;
    }
    Some(ScopeArgument {
        pat: *argument.pat,
        ty: *argument.ty,
    })
}

/// Returns `true` for a type named `TestScope` or a reference to it.
fn is_scope(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Reference(reference) => is_scope(&reference.elem),
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "TestScope")
        }
        _ => false,
    }
}
