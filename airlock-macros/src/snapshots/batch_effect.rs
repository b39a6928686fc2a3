#[must_use = "an intent does nothing until it is enqueued"]
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
        fn index(search: &Search, orders: Vec<OrderId>) {
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
    impl ::airlock::Effect for Index {
        const DESCRIPTOR: &'static ::airlock::EffectDescriptor = &::airlock::__private::DeclareEffect::new(
                ::airlock::__private::place!("index", 1u32, 1u32),
                "Index",
                ::airlock::__private::place!(id "index"),
            )
            .arguments(&[::airlock::__private::argument("orders", "OrderId")])
            .resources(&[::airlock::__private::resource::<Search>("search", "Search")])
            .key("orders")
            .batch()
            .done();
        fn perform(self, resources: &::airlock::Resources) -> ::airlock::Performing<'_> {
            Self::perform_batch(::std::vec![self], resources)
        }
        fn perform_batch(
            batch: ::std::vec::Vec<Self>,
            __airlock_resources: &::airlock::Resources,
        ) -> ::airlock::Performing<'_> {
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
            ::core::option::Option::Some(Self {
                orders: ::core::clone::Clone::clone(&self.orders),
            })
        }
        fn key(&self) -> ::core::option::Option<::airlock::Key> {
            #[allow(unused_variables, reason = "a key need not read every argument")]
            let Self { orders } = self;
            ::core::option::Option::Some(::airlock::__private::key(orders))
        }
    }
    #[automatically_derived]
    impl ::airlock::Repeatable for Index {}
    ::airlock::__private::submit_effect! {
        Index
    }
};
