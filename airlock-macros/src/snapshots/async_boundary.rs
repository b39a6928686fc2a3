#[tracing::instrument]
async fn checkout(&self, mut order: Order) -> impl IntoResponse {
    const __AIRLOCK_BOUNDARY: &::airlock::__private::BoundaryDescriptor = &::airlock::__private::BoundaryDescriptor::new(::airlock::__private::BoundarySpec {
        emits: ::core::option::Option::Some(
            &[
                <SendMail as ::airlock::__private::Effect>::DESCRIPTOR,
                <mail::Post as ::airlock::__private::Effect>::DESCRIPTOR,
            ],
        ),
        is_async: true,
        ..::airlock::__private::BoundarySpec::new(
            ::airlock::__private::place!("checkout", 1u32, 1u32),
            "check-out",
        )
    });
    ::airlock::__private::submit_boundary! {
        __AIRLOCK_BOUNDARY
    }
    let __airlock_scope = ::airlock::__private::boundary(__AIRLOCK_BOUNDARY)
        .policy(policy::no_reentry())
        .executor(Inline)
        .lifecycle(FlushOnSuccess);
    __airlock_scope
        .__boundary_async(
            async move {
                #[allow(
                    clippy::async_yields_async,
                    reason = "the function yields it as well"
                )]
                let value = async move {
                    if let ::core::option::Option::Some(value) = ::core::option::Option::None::<
                        _,
                    > {
                        return value;
                    }
                    order.process();
                    self.save(order).await
                }
                    .await;
                let value = ::airlock::__private::response!(
                    value, ::airlock::__private::conversions
                );
                (::airlock::__private::outcome!(value, ::airlock::__private), value)
            },
            ::airlock::__private::log_flush_error,
        )
        .await
}
