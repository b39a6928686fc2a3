fn buys() {
    {
        let body = async move {
            ::airlock::__private::Test {
                strictness: ::airlock::__private::Strictness::Lax,
                airlock: ::core::option::Option::None,
            }
                .run_async(async move |_: &::airlock::testing::TestScope| {
                    let value = async move {
                        if let ::core::option::Option::Some(value) = ::core::option::Option::None::<
                            (),
                        > {
                            return value;
                        }
                        checkout(7).await
                    }
                        .await;
                    (::airlock::__private::outcome!(value, ::airlock::__private), value)
                })
                .await
                .end()
        };
        {
            return Builder::new_current_thread().build().block_on(body);
        }
    }
}
