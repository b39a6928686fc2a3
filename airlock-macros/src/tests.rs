//! Snapshots of expansions. There are only a few, since a change of the generated code changes them all.
//! Update them with `UPDATE_EXPECT=1 cargo test -p airlock-macros`.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use crate::boundary::boundary;
use crate::effect::effect;
use crate::test::test;

/// Compares an expansion with its snapshot, formatted by prettyplease.
fn check(expansion: TokenStream, snapshot: &ExpectFile) {
    let file = syn::parse2(expansion).expect("an expansion consists of items");
    snapshot.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn the_simplest_effect() {
    let item = quote! {
        /// Sends a mail.
        fn send_mail(to: String) {
            deliver(to);
        }
    };
    check(
        effect(TokenStream::new(), &item),
        &expect_file!["snapshots/simple_effect.rs"],
    );
}

#[test]
fn an_effect_that_says_all_there_is_to_say() {
    let args = quote! {
        name = "mail.send", alias("mail.post"), queue = "slow", priority = -2, timeout = "5s",
        retry(attempts = 5, delay = "100ms", factor = 2, max_delay = "1m"), tags("mail"), redact(to),
        key = (order, to), coalesce = first, emits(Audit, mail::Post), derive(Clone, PartialEq),
        intent = SendMail
    };
    let item = quote! {
        /// Sends a mail.
        #[cfg(unix)]
        #[tracing::instrument]
        pub(crate) async fn send(
            #[resource] mailer: &Mailer,
            mut order: OrderId,
            #[cfg(unix)] to: String,
        ) -> Result<(), MailError> {
            mailer.send(order.next(), to).await
        }
    };
    check(
        effect(args, &item),
        &expect_file!["snapshots/full_effect.rs"],
    );
}

#[test]
fn a_batch_effect() {
    let item = quote!(
        fn index(#[resource] search: &Search, orders: Vec<OrderId>) {
            search.write(orders);
        }
    );
    check(
        effect(quote!(batch, key = orders), &item),
        &expect_file!["snapshots/batch_effect.rs"],
    );
}

#[test]
fn an_effect_whose_signature_is_wrong_leaves_a_stub() {
    let item = quote! {
        pub fn send<T>(to: &str, what: T) {
            deliver(to, what);
        }
    };
    check(
        effect(TokenStream::new(), &item),
        &expect_file!["snapshots/wrong_effect.rs"],
    );
}

#[test]
fn a_sync_boundary() {
    let item = quote! {
        /// Imports orders.
        pub fn import(path: &Path) -> Result<usize, ImportError> {
            read(path)
        }
    };
    check(
        boundary(TokenStream::new(), &item),
        &expect_file!["snapshots/sync_boundary.rs"],
    );
}

#[test]
fn an_async_boundary_that_says_all_there_is_to_say() {
    let args = quote! {
        name = "check-out", policy = policy::no_reentry(), executor = Inline,
        lifecycle = FlushOnSuccess, emits(SendMail, mail::Post), on_flush_error = log
    };
    let item = quote! {
        #[tracing::instrument]
        async fn checkout(&self, mut order: Order) -> impl IntoResponse {
            order.process();
            self.save(order).await
        }
    };
    check(
        boundary(args, &item),
        &expect_file!["snapshots/async_boundary.rs"],
    );
}

#[test]
fn a_boundary_above_async_trait_keeps_the_boxed_future() {
    let item = quote! {
        fn checkout<'a>(&'a self) -> ::core::pin::Pin<Box<
            dyn ::core::future::Future<Output = Result<u32, Error>> + ::core::marker::Send + 'a,
        >> {
            Box::pin(async move {
                if let ::core::option::Option::Some(__ret) =
                    ::core::option::Option::None::<Result<u32, Error>> {
                    return __ret;
                }
                let __self = self;
                let __ret: Result<u32, Error> = { __self.load().await };
                __ret
            })
        }
    };
    check(
        boundary(TokenStream::new(), &item),
        &expect_file!["snapshots/async_trait_boundary.rs"],
    );
}

#[test]
fn a_test_with_its_scope() {
    let item = quote! {
        #[rstest]
        #[case(1)]
        async fn buys(#[case] order: u64, scope: &TestScope) -> Result<(), E> {
            checkout(order).await?;
            Ok(scope.assert_count::<Ship>(1))
        }
    };
    check(
        test(quote!(strict, airlock = quiet()), &item),
        &expect_file!["snapshots/full_test.rs"],
    );
}

#[test]
fn a_test_below_a_runtimes_attribute() {
    // The expansion of `#[tokio::test]`.
    let item = quote! {
        fn buys() {
            let body = async { checkout(7).await };
            {
                return Builder::new_current_thread().build().block_on(body);
            }
        }
    };
    check(
        test(TokenStream::new(), &item),
        &expect_file!["snapshots/test_below_a_runtime.rs"],
    );
}

#[test]
fn half_written_code_reaches_the_editor_as_it_stands() {
    let item: TokenStream = "fn send(to: String) { to. }".parse().expect("balanced");
    let expansion = effect(TokenStream::new(), &item);
    let expansion = expansion.to_string();
    assert!(expansion.contains("{ to . }"), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");

    let item: TokenStream = "fn checkout() -> Result<(), E> { self."
        .parse()
        .unwrap_or_default();
    assert!(item.is_empty(), "unbalanced code never reaches a macro");

    let item = quote!(fn send(to: ));
    let expansion = effect(TokenStream::new(), &item);
    let expansion = expansion.to_string();
    assert!(expansion.starts_with(&item.to_string()), "{expansion}");
    assert!(expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn every_mistake_is_reported_in_one_run() {
    let item = quote! {
        pub fn send<T>(&self, to: &str, (a, b): (T, T)) -> impl Display {}
    };
    let expansion = effect(quote!(nmae = "a", once, once), &item);
    let mistakes = expansion.to_string().matches("compile_error").count();
    assert_eq!(mistakes, 7, "{expansion}");
}

#[test]
fn a_duration_has_a_unit() {
    for (text, millis) in [
        ("250ms", 250),
        ("5s", 5_000),
        ("2m", 120_000),
        ("1h", 3_600_000),
    ] {
        let crate::arguments::DurationText(duration) =
            syn::parse2(quote!(#text)).expect("it is a duration");
        assert_eq!(duration.as_millis(), millis, "{text}");
    }
    for text in [
        "",
        "5",
        "s",
        "-5s",
        "5 s",
        "5d",
        "99999999999999999999s",
        "18446744073709551615h",
    ] {
        let parsed = syn::parse2::<crate::arguments::DurationText>(quote!(#text));
        assert!(parsed.is_err(), "{text}");
    }
}
