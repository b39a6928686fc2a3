/// Sends a mail.
#[cfg(unix)]
pub(crate) fn send(order: OrderId, #[cfg(unix)] to: String) -> SendMail {
    SendMail { order, #[cfg(unix)] to }
}
#[cfg(unix)]
const _: () = {
    ::airlock::__private::assert_argument::<OrderId>();
    #[cfg(unix)] ::airlock::__private::assert_argument::<String>();
};
/// The intent to perform [`send`].
///
/// Sends a mail.
#[cfg(unix)]
#[derive(PartialEq)]
#[must_use = "an intent does nothing until it is enqueued"]
pub(crate) struct SendMail {
    /// The argument `order`.
    pub(crate) order: OrderId,
    #[cfg(unix)]
    /// The argument `to`.
    pub(crate) to: String,
}
#[cfg(unix)]
const _: () = {
    struct __AirlockBody;
    impl __AirlockBody {
        #[tracing::instrument]
        async fn send(
            mailer: &Mailer,
            #[allow(unused_variables)]
            mut order: OrderId,
            #[cfg(unix)]
            #[allow(unused_variables)]
            to: String,
        ) -> Result<(), MailError> {
            mailer.send(order.next(), to).await
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SendMail {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            #[allow(unused_mut, reason = "every argument may be configured away")]
            let mut shown = f.debug_struct("SendMail");
            shown.field("order", ::airlock::__private::debug_field!(self.order));
            #[cfg(unix)] shown.field("to", ::airlock::__private::REDACTED);
            shown.finish()
        }
    }
    const __AIRLOCK_EMITS: &[&::airlock::__private::EffectDescriptor] = &[
        <Audit as ::airlock::__private::Effect>::DESCRIPTOR,
        <mail::Post as ::airlock::__private::Effect>::DESCRIPTOR,
    ];
    #[automatically_derived]
    impl ::airlock::__private::Effect for SendMail {
        const DESCRIPTOR: &'static ::airlock::__private::EffectDescriptor = &::airlock::__private::EffectDescriptor::new(::airlock::__private::EffectSpec {
            docs: "Sends a mail.",
            arguments: &[
                ::airlock::__private::argument("order", "OrderId"),
                #[cfg(unix)]
                ::airlock::__private::argument("to", "String").redacted(),
            ],
            resources: &[::airlock::__private::resource::<Mailer>("mailer", "Mailer")],
            aliases: &["mail.post"],
            tags: &["mail"],
            queue: ::core::option::Option::Some("slow"),
            priority: ::core::option::Option::Some(-2i16),
            retry: ::core::option::Option::Some(
                ::airlock::__private::Retry::attempts(5)
                    .delay_millis(100u64)
                    .factor(2)
                    .max_delay_millis(60000u64),
            ),
            timeout: ::core::option::Option::Some(
                ::airlock::__private::milliseconds(5000u64),
            ),
            key: ::core::option::Option::Some("(order , to)"),
            coalesce: ::airlock::__private::Coalesce::First,
            emits: ::core::option::Option::Some(|| __AIRLOCK_EMITS),
            is_async: true,
            fallible: true,
            key_redacted: true,
            ..::airlock::__private::EffectSpec::new::<
                Self,
            >(::airlock::__private::place!("send", 1u32, 1u32), "SendMail", "mail.send")
        });
        fn perform(
            self,
            __airlock_resources: &::airlock::__private::Resources,
        ) -> ::airlock::__private::Performing<'_> {
            let Self { order, #[cfg(unix)] to } = self;
            ::airlock::__private::perform_async(async move {
                let mailer = __airlock_resources.get::<Mailer>()?;
                ::airlock::__private::result(
                    __AirlockBody::send(mailer, order, #[cfg(unix)] to).await,
                )
            })
        }
        fn duplicate(&self) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(::core::clone::Clone::clone(self))
        }
        fn key(&self) -> ::core::option::Option<::airlock::__private::Key> {
            #[allow(unused_variables, reason = "a key need not read every argument")]
            let Self { order, #[cfg(unix)] to } = self;
            ::core::option::Option::Some(::airlock::__private::key((order, to)))
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for SendMail {
        fn clone(&self) -> Self {
            Self {
                order: ::airlock::__private::assert_argument::<OrderId>()(&self.order),
                #[cfg(unix)]
                to: ::airlock::__private::assert_argument::<String>()(&self.to),
            }
        }
    }
    ::airlock::__private::submit_effect! {
        SendMail, __AIRLOCK_EMITS
    }
};
