//! Generates a test that runs in a scope.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ReturnType, Type};

use crate::boundary::disguise::Form;
use crate::function::Function;
use crate::test::args::Args;
use crate::test::model::{Runner, ScopeArgument};

/// Expands a test:
/// ```text
/// async fn buys(scope: &TestScope) -> Result<(), E> { BODY }
/// ```
/// becomes
/// ```text
/// #[test]
/// fn buys() -> Result<(), E> {
///     block_on(Test { strictness: Lax, airlock: None }.run_async(async move |scope: &TestScope| {
///         let value = async move { BODY }.await;
///         (outcome!(value), value)
///     }))
///     .end()
/// }
/// ```
pub(crate) fn expand(
    args: &Args,
    mut function: Function,
    scope: Option<&ScopeArgument>,
    runner: Runner,
    form: Form,
) -> TokenStream {
    let krate = &args.krate;
    let private = quote!(#krate::__private);
    let (inner_attrs, body) = function.split_body();
    let output = match &function.sig.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let test = Test {
        open: open(args, &private),
        scope: match scope {
            Some(ScopeArgument { pat, ty }) => quote!(#pat: #ty),
            None => quote!(_: &#krate::testing::TestScope),
        },
        private,
    };
    let mut brings = None;
    let run = match form {
        Form::Sync => {
            brings = (runner == Runner::Ours).then(|| quote!(#[::core::prelude::v1::test]));
            test.sync(&output, &body.into())
        }
        Form::Async if runner == Runner::Runtime => {
            let future = test.future(&output, &body.stream());
            quote!(#future.await.end())
        }
        Form::Async => {
            brings = (runner == Runner::Ours).then(|| quote!(#[::core::prelude::v1::test]));
            function.sig.asyncness = None;
            let (future, private) = (test.future(&output, &body.stream()), &test.private);
            quote!(#private::block_on(#future).end())
        }
        // A runtime's attribute above ours has turned it into a test already.
        Form::Disguised(disguised) => {
            let statements = &disguised.block.stmts;
            let future = test.future(&disguised.output, &quote!(#(#statements)*));
            disguised.around(quote!(async move { #future.await.end() }))
        }
    };
    let Function {
        attrs, vis, sig, ..
    } = &function;
    quote! {
        #brings #(#attrs)* #vis #sig {
            #inner_attrs
            #run
        }
    }
}

fn open(args: &Args, private: &TokenStream) -> TokenStream {
    let strictness = match args.strict {
        Some(_) => quote!(Strict),
        None => quote!(Lax),
    };
    let airlock = match &args.airlock {
        Some(airlock) => quote!(::core::option::Option::Some(&#airlock)),
        None => quote!(::core::option::Option::None),
    };
    quote!(#private::Test { strictness: #private::Strictness::#strictness, airlock: #airlock })
}

struct Test {
    open: TokenStream,
    /// The closure's parameter.
    scope: TokenStream,
    private: TokenStream,
}

impl Test {
    fn sync(&self, output: &Type, body: &proc_macro2::TokenTree) -> TokenStream {
        let Self {
            open,
            scope,
            private,
        } = self;
        quote! {
            #open.run(move |#scope| {
                let value: #output = #private::once(move || -> #output #body);
                (#private::outcome!(value, #private), value)
            })
        }
    }

    fn future(&self, output: &Type, body: &TokenStream) -> TokenStream {
        let Self {
            open,
            scope,
            private,
        } = self;
        quote! {
            #open.run_async(async move |#scope| {
                let value = async move {
                    // Declares the output type, so that `?` and `return` in the body can infer it.
                    if let ::core::option::Option::Some(value) = ::core::option::Option::None::<#output> {
                        return value;
                    }
                    #body
                }
                .await;
                (#private::outcome!(value, #private), value)
            })
        }
    }
}
