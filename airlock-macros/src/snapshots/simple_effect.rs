/// Sends a mail.
fn send_mail(to: String) -> SendMail {
    SendMail { to }
}
const _: () = {
    ::airlock::__private::assert_argument::<String>();
};
/// The intent to perform [`send_mail`].
///
/// Sends a mail.
#[must_use = "an intent does nothing until it is enqueued"]
struct SendMail {
    /// The argument `to`.
    to: String,
}
const _: () = {
    struct __AirlockBody;
    impl __AirlockBody {
        fn send_mail(to: String) {
            deliver(to);
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SendMail {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("SendMail")
                .field("to", ::airlock::__private::debug_field!(self.to))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::airlock::__private::Effect for SendMail {
        const DESCRIPTOR: &'static ::airlock::__private::EffectDescriptor = &::airlock::__private::EffectDescriptor::new(::airlock::__private::EffectSpec {
            docs: "Sends a mail.",
            arguments: &[::airlock::__private::argument("to", "String")],
            ..::airlock::__private::EffectSpec::new::<
                Self,
            >(
                ::airlock::__private::place!("send_mail", 1u32, 1u32),
                "SendMail",
                ::airlock::__private::place!(id "send_mail"),
            )
        });
        fn perform(
            self,
            _: &::airlock::__private::Resources,
        ) -> ::airlock::__private::Performing<'_> {
            let Self { to } = self;
            ::airlock::__private::perform_sync(|| ::airlock::__private::result(
                __AirlockBody::send_mail(to),
            ))
        }
        fn duplicate(&self) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(::core::clone::Clone::clone(self))
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for SendMail {
        fn clone(&self) -> Self {
            Self {
                to: ::airlock::__private::assert_argument::<String>()(&self.to),
            }
        }
    }
    ::airlock::__private::submit_effect! {
        SendMail
    }
};
