fn checkout<'a>(
    &'a self,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<u32, Error>,
        > + ::core::marker::Send + 'a,
    >,
> {
    const __AIRLOCK_BOUNDARY: &::airlock::__private::BoundaryDescriptor = &::airlock::__private::BoundaryDescriptor::new(::airlock::__private::BoundarySpec {
        is_async: true,
        ..::airlock::__private::BoundarySpec::new(
            ::airlock::__private::place!("checkout", 1u32, 1u32),
            "checkout",
        )
    });
    ::airlock::__private::submit_boundary! {
        __AIRLOCK_BOUNDARY
    }
    {
        Box::pin(async move {
            let __airlock_scope = ::airlock::__private::boundary(__AIRLOCK_BOUNDARY);
            __airlock_scope
                .__boundary_async(
                    async move {
                        let value = async move {
                            if let ::core::option::Option::Some(value) = ::core::option::Option::None::<
                                Result<u32, Error>,
                            > {
                                return value;
                            }
                            if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<
                                Result<u32, Error>,
                            > {
                                return __ret;
                            }
                            let __self = self;
                            let __ret: Result<u32, Error> = { __self.load().await };
                            __ret
                        }
                            .await;
                        (
                            ::airlock::__private::outcome!(value, ::airlock::__private),
                            value,
                        )
                    },
                    #[allow(
                        clippy::result_large_err,
                        reason = "the function's own type"
                    )]
                    |error, value| {
                        #[allow(
                            unused_imports,
                            clippy::wildcard_imports,
                            reason = "one of them carries it"
                        )]
                        use ::airlock::__private::carriers::*;
                        (&&::airlock::__private::Carrier(&value))
                            .return_flush_error(error)
                    },
                )
                .await
        })
    }
}
