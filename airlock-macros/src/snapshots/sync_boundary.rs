/// Imports orders.
pub fn import(path: &Path) -> Result<usize, ImportError> {
    const __AIRLOCK_BOUNDARY: &::airlock::__private::BoundaryDescriptor = &::airlock::__private::BoundaryDescriptor::new(::airlock::__private::BoundarySpec {
        docs: "Imports orders.",
        ..::airlock::__private::BoundarySpec::new(
            ::airlock::__private::place!("import", 1u32, 1u32),
            "import",
        )
    });
    ::airlock::__private::submit_boundary! {
        __AIRLOCK_BOUNDARY
    }
    let __airlock_scope = ::airlock::__private::boundary(__AIRLOCK_BOUNDARY);
    __airlock_scope
        .__boundary(
            move || {
                let value: Result<usize, ImportError> = ::airlock::__private::once(move || -> Result<
                    usize,
                    ImportError,
                > { read(path) });
                (::airlock::__private::outcome!(value, ::airlock::__private), value)
            },
            #[allow(clippy::result_large_err, reason = "the function's own type")]
            |error, value| {
                #[allow(
                    unused_imports,
                    clippy::wildcard_imports,
                    reason = "one of them carries it"
                )]
                use ::airlock::__private::carriers::*;
                (&&::airlock::__private::Carrier(&value)).return_flush_error(error)
            },
        )
}
