//! What we understood of a test's signature, and who else has a hand in it.

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, FnArg, Pat, PatType, ReturnType, Token, Type, TypeImplTrait};

use crate::function::{Function, unwrapped};
use crate::problems::Problems;

/// What the attributes below ours make of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// Nothing: it becomes a `#[test]` by us, and an async body is run by us.
    Ours,
    /// A test already, which calls the function: `#[test]`, `#[rstest]`.
    Caller,
    /// A test already, which awaits the function: `#[tokio::test]`.
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

/// By the name: no attribute can ask what another one will do.
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

/// Takes the scope's argument out of the signature, and files what a test cannot be.
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
                    let message = "nobody gives a test this argument: the scope is `&airlock::testing::TestScope`, and cases come from an attribute such as `#[rstest]` next to this one";
                    problems.at(&argument, message);
                }
                others.push(argument);
            }
        }
    }
    sig.inputs = others;
    scope
}

/// A test's value is kept while its scope ends, so its type has to have a name.
pub(crate) fn check_output(output: &ReturnType, problems: &mut Problems) {
    Nameless { problems }.visit_return_type(output);
}

struct Nameless<'a> {
    problems: &'a mut Problems,
}

impl<'ast> Visit<'ast> for Nameless<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        let message = "a test returns a type with a name, such as `Result<(), Box<dyn std::error::Error>>` or `std::process::ExitCode`: write it in the place of `impl`";
        self.problems.at(ty, message);
    }
}

fn taken(argument: PatType, problems: &mut Problems) -> Option<ScopeArgument> {
    let is_shared =
        matches!(unwrapped(&argument.ty), Type::Reference(it) if it.mutability.is_none());
    if !is_shared {
        problems.at(&argument.ty, "the scope is lent: take it as `&TestScope`");
        return None;
    }
    Some(ScopeArgument {
        pat: *argument.pat,
        ty: *argument.ty,
    })
}

/// `TestScope` by its name, behind a reference or not.
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
