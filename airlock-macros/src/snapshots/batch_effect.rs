fn index(orders: OrderId) -> Index {
    Index { orders }
}
const _: () = {
    ::airlock::__private::assert_argument::<OrderId>();
};
/// The intent to perform [`index`].
#[must_use = "an intent does nothing until it is enqueued"]
struct Index {
    /// The argument `orders`.
    orders: OrderId,
}
const _: () = {
    struct __AirlockBody;
    impl __AirlockBody {
        fn index(search: &Search, #[allow(unused_variables)] orders: Vec<OrderId>) {
            search.write(orders);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for Index {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Index")
                .field("orders", ::airlock::__private::debug_field!(self.orders))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::airlock::__private::Effect for Index {
        const DESCRIPTOR: &'static ::airlock::__private::EffectDescriptor = &::airlock::__private::EffectDescriptor::new(::airlock::__private::EffectSpec {
            arguments: &[::airlock::__private::argument("orders", "OrderId")],
            resources: &[::airlock::__private::resource::<Search>("search", "Search")],
            key: ::core::option::Option::Some("orders"),
            batch: true,
            ..::airlock::__private::EffectSpec::new::<
                Self,
            >(
                ::airlock::__private::place!("index", 1u32, 1u32),
                "Index",
                ::airlock::__private::place!(id "index"),
            )
        });
        fn perform(
            self,
            resources: &::airlock::__private::Resources,
        ) -> ::airlock::__private::Performing<'_> {
            Self::perform_batch(::std::vec![self], resources)
        }
        fn perform_batch(
            batch: ::std::vec::Vec<Self>,
            __airlock_resources: &::airlock::__private::Resources,
        ) -> ::airlock::__private::Performing<'_> {
            let orders = ::core::iter::Iterator::collect(
                ::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(batch),
                    |intent| intent.orders,
                ),
            );
            ::airlock::__private::perform_sync(|| {
                let search = __airlock_resources.get::<Search>()?;
                ::airlock::__private::result(__AirlockBody::index(search, orders))
            })
        }
        fn duplicate(&self) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(::core::clone::Clone::clone(self))
        }
        fn key(&self) -> ::core::option::Option<::airlock::__private::Key> {
            #[allow(unused_variables, reason = "a key need not read every argument")]
            let Self { orders } = self;
            ::core::option::Option::Some(::airlock::__private::key(orders))
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for Index {
        fn clone(&self) -> Self {
            Self {
                orders: ::airlock::__private::assert_argument::<OrderId>()(&self.orders),
            }
        }
    }
    ::airlock::__private::submit_effect! {
        Index
    }
};
