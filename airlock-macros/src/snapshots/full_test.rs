#[rstest]
#[case(1)]
fn buys(#[case] order: u64) -> Result<(), E> {
    ::airlock::__private::block_on(
            ::airlock::__private::Test {
                strictness: ::airlock::__private::Strictness::Strict,
                airlock: ::core::option::Option::Some(&quiet()),
            }
                .run_async(async move |scope: &TestScope| {
                    let value = async move {
                        if let ::core::option::Option::Some(value) = ::core::option::Option::None::<
                            Result<(), E>,
                        > {
                            return value;
                        }
                        checkout(order).await?;
                        Ok(scope.assert_count::<Ship>(1))
                    }
                        .await;
                    (::airlock::__private::outcome!(value, ::airlock::__private), value)
                }),
        )
        .end()
}
