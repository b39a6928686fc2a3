//! Whether a body is sync, async, or async in the disguise that other attributes leave behind.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::VisitMut;
use syn::{
    Block, Expr, ExprAsync, ExprMethodCall, GenericArgument, Pat, PathArguments, ReturnType, Stmt,
    Type, TypeParamBound, TypePath,
};

use crate::function::{Function, unwrapped};
use crate::problems::Problems;

/// How a body is to be wrapped.
pub(crate) enum Form {
    Sync,
    Async,
    /// The body with a hole where its async block is: `before` + wrapped block + `after`.
    Disguised(Box<Disguised>),
}

pub(crate) struct Disguised {
    /// The body as written, in which the async block is replaced by [`HOLE`].
    body: Block,
    /// The async block's own.
    pub(crate) block: Block,
    /// What the block gives, `_` where it is not known.
    pub(crate) output: Type,
}

/// Stands for the wrapped block until it is put in.
const HOLE: &str = "__airlock_hole";

impl Disguised {
    /// The body around this block.
    pub(crate) fn around(mut self, wrapped: TokenStream) -> TokenStream {
        Fill {
            with: Some(wrapped),
        }
        .visit_block_mut(&mut self.body);
        let stmts = &self.body.stmts;
        quote!({ #(#stmts)* })
    }
}

struct Fill {
    with: Option<TokenStream>,
}

impl VisitMut for Fill {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if matches!(expr, Expr::Path(path) if path.path.is_ident(HOLE))
            && let Some(tokens) = self.with.take()
        {
            *expr = Expr::Verbatim(tokens);
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expr);
    }
}

/// Recognises the form; files a problem if the function only makes a future in a way that we cannot
/// see through, since its scope would end before the work begins.
pub(crate) fn form(function: &Function, problems: &mut Problems) -> Option<Form> {
    if function.sig.asyncness.is_some() {
        return Some(Form::Async);
    }
    let returned = returned_future(&function.sig.output);
    let block: Option<Block> =
        syn::parse2(proc_macro2::TokenTree::from(function.body.clone()).into()).ok();
    let Some(mut block) = block else {
        return Some(Form::Sync); // Half-written: the compiler has more to say about it.
    };
    if let Some(output) = returned {
        if let Some(inner) = tail_async(&mut block) {
            let disguised = Disguised {
                body: block,
                block: inner,
                output,
            };
            return Some(Form::Disguised(Box::new(disguised)));
        }
        let output = match &function.sig.output {
            ReturnType::Default => function.sig.ident.to_token_stream(),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        };
        problems.at(
            output,
            "this function only makes a future, so its scope would end before the work begins: write it as `async fn`, or let its body be one `async move { .. }` block",
        );
        return None;
    }
    if let Some(inner) = blocked_on(&mut block) {
        let output = match &function.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        return Some(Form::Disguised(Box::new(Disguised {
            body: block,
            block: inner,
            output,
        })));
    }
    Some(Form::Sync)
}

/// The output of a returned `impl Future` or `Pin<Box<dyn Future>>`, as `#[async_trait]` writes it.
fn returned_future(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    match unwrapped(ty) {
        Type::ImplTrait(ty) => future_output(ty.bounds.iter()),
        Type::Path(path) if is_boxed_future(path) => Some(syn::parse_quote!(_)),
        Type::Path(path) => {
            let pinned = path
                .path
                .segments
                .last()
                .filter(|segment| segment.ident == "Pin")?;
            let boxed = only_type(&pinned.arguments)?;
            let Type::Path(boxed) = unwrapped(boxed) else {
                return None;
            };
            let boxed = boxed
                .path
                .segments
                .last()
                .filter(|segment| segment.ident == "Box")?;
            match unwrapped(only_type(&boxed.arguments)?) {
                Type::TraitObject(object) => future_output(object.bounds.iter()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `BoxFuture<'a, T>` and `LocalBoxFuture<'a, T>`, as several crates name them.
fn is_boxed_future(path: &TypePath) -> bool {
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "BoxFuture" || last.ident == "LocalBoxFuture")
}

fn only_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn future_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let Some(last) = bound
            .path
            .segments
            .last()
            .filter(|last| last.ident == "Future")
        else {
            continue;
        };
        if let PathArguments::AngleBracketed(arguments) = &last.arguments {
            for argument in &arguments.args {
                if let GenericArgument::AssocType(assoc) = argument
                    && assoc.ident == "Output"
                {
                    return Some(assoc.ty.clone());
                }
            }
        }
        return Some(syn::parse_quote!(_));
    }
    None
}

/// `Box::pin(async move { .. })` or `async move { .. }` at the end of a body.
fn tail_async(block: &mut Block) -> Option<Block> {
    let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() else {
        return None;
    };
    let inner = match tail {
        Expr::Call(call) if call.args.len() == 1 => call.args.first_mut()?,
        other => other,
    };
    take_async(inner)
}

/// `let body = async { .. }; { return runtime.block_on(body) }`, as `#[tokio::main]` and
/// `#[tokio::test]` write it.
fn blocked_on(block: &mut Block) -> Option<Block> {
    let [Stmt::Local(local), rest @ ..] = &mut block.stmts[..] else {
        return None;
    };
    if !matches!(&local.pat, Pat::Ident(name) if name.ident == "body") {
        return None;
    }
    let mut blocks_on = BlocksOnBody(false);
    for statement in rest {
        blocks_on.visit_stmt(statement);
    }
    if !blocks_on.0 {
        return None;
    }
    take_async(&mut local.init.as_mut()?.expr)
}

/// AssertionLog for `runtime.block_on(body)`.
struct BlocksOnBody(bool);

impl<'ast> Visit<'ast> for BlocksOnBody {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let is_body =
            |argument: &Expr| matches!(argument, Expr::Path(path) if path.path.is_ident("body"));
        self.0 |= call.method == "block_on" && call.args.iter().all(is_body);
        visit::visit_expr_method_call(self, call);
    }
}

fn take_async(expr: &mut Expr) -> Option<Block> {
    let Expr::Async(ExprAsync { block, .. }) = expr else {
        return None;
    };
    let inner = block.clone();
    let hole = quote::format_ident!("{HOLE}");
    *expr = syn::parse_quote!(#hole);
    Some(inner)
}
