//! Generates tokens from the model of an effect.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::effect::model::{Effect, Retry};
use crate::effect::signature::{Parameter, ParameterKind};
use crate::function::{place, plain_name, respan, type_text};

/// Expands an effect:
/// ```text
/// #[effect] async fn pay(#[resource] bank: &Bank, order: OrderId) -> Result<(), E> { .. }
/// ```
/// becomes a constructor, an intent type, and a `const _` with the body, the implementations and the
/// registration:
/// ```text
/// fn pay(order: OrderId) -> Pay { Pay { order } }
/// struct Pay { order: OrderId }
/// const _: () = { struct __AirlockBody; impl __AirlockBody { async fn pay(..) .. } impl Effect for Pay { .. } .. };
/// ```
pub(crate) fn expand(effect: &Effect) -> TokenStream {
    let Effect { krate, .. } = effect;
    let private = quote!(#krate::__private);
    let cfgs = &effect.attributes.cfgs;
    let constructor = constructor(effect);
    let intent = intent(effect, &private);
    let body = body(effect);
    let debug = debug(effect, &private);
    let implementation = implementation(effect, &private);
    let markers = markers(effect, &private);
    let checks = checks(effect, &private);
    let name = &effect.intent;
    let emits = emits(effect, &private);
    let emitted = emits.is_some().then(|| quote!(, __AIRLOCK_EMITS));
    quote! {
        #constructor
        #checks
        #intent
        #(#cfgs)*
        const _: () = {
            #body
            #debug
            #emits
            #implementation
            #markers
            #private::submit_effect! { #name #emitted }
        };
    }
}

/// Generates the list of the emitted effects. It is not part of the descriptor, which is a constant
/// and could not refer to an effect that emits this one.
fn emits(effect: &Effect, private: &TokenStream) -> Option<TokenStream> {
    let effects =
        effect.emits.as_ref()?.iter().map(
            |effect| quote_spanned!(effect.span()=> <#effect as #private::Effect>::DESCRIPTOR),
        );
    Some(quote! {
        const __AIRLOCK_EMITS: &[&#private::EffectDescriptor] = &[#(#effects),*];
    })
}

fn constructor(effect: &Effect) -> TokenStream {
    let Effect {
        vis,
        ident,
        intent,
        attributes,
        ..
    } = effect;
    let crate::effect::model::Attributes {
        docs,
        cfgs,
        constructor,
        lints,
        ..
    } = attributes;
    let parameters = effect.arguments().map(|argument| {
        let Parameter { cfgs, ident, .. } = argument;
        let ty = effect.field_type(argument);
        quote!(#(#cfgs)* #ident: #ty)
    });
    let fields = names(effect.arguments());
    quote! {
        #(#docs)* #(#cfgs)* #(#constructor)* #(#lints)*
        #vis fn #ident(#(#parameters),*) -> #intent {
            #intent { #fields }
        }
    }
}

fn intent(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect {
        krate,
        vis,
        ident,
        intent,
        attributes,
        derives,
        ..
    } = effect;
    let crate::effect::model::Attributes {
        docs, cfgs, lints, ..
    } = attributes;
    let summary = format!(" The intent to perform [`{}`].", plain_name(ident));
    let separator = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
    let derives = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
    let derives_serde = effect.derives_serde();
    let serde = derives_serde.then(|| {
        let path = format!("{}::__private::serde", krate.to_string().replace(' ', ""));
        quote! {
            #[derive(#private::serde::Serialize, #private::serde::Deserialize)]
            #[serde(crate = #path)]
        }
    });
    let fields = effect.arguments().map(|argument| {
        let Parameter {
            cfgs,
            docs,
            serde,
            ident,
            ..
        } = argument;
        let ty = effect.field_type(argument);
        let serde = if derives_serde { serde.as_slice() } else { &[] };
        let summary = docs.is_empty().then(|| {
            let summary = format!(" The argument `{}`.", plain_name(ident));
            quote!(#[doc = #summary])
        });
        quote!(#(#cfgs)* #(#docs)* #summary #(#serde)* #vis #ident: #ty)
    });
    quote! {
        #[doc = #summary]
        #separator
        #(#docs)* #(#cfgs)* #(#lints)*
        #derives
        #serde
        #[must_use = "an intent does nothing until it is enqueued"]
        #vis struct #intent { #(#fields),* }
    }
}

/// Generates the user's function as an associated function of a private type. It keeps its name but cannot
/// be called by other code, and within its own body the name still refers to the constructor.
fn body(effect: &Effect) -> TokenStream {
    let Effect {
        ident,
        is_async,
        parameters,
        output,
        body,
        attributes,
        ..
    } = effect;
    let crate::effect::model::Attributes {
        lints, body: attrs, ..
    } = attributes;
    let asyncness = is_async.then(|| quote!(async));
    let parameters = parameters.iter().map(|parameter| {
        let Parameter {
            cfgs,
            mutability,
            ident,
            ty,
            kind,
            ..
        } = parameter;
        let borrow = (*kind == ParameterKind::Resource).then(|| quote!(&));
        // The key may be the only use of an argument.
        let allow = effect
            .key_mentions(ident)
            .then(|| quote!(#[allow(unused_variables)]));
        quote!(#(#cfgs)* #allow #mutability #ident: #borrow #ty)
    });
    quote! {
        struct __AirlockBody;
        impl __AirlockBody {
            #(#lints)* #(#attrs)*
            #asyncness fn #ident(#(#parameters),*) #output #body
        }
    }
}

fn debug(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect { intent, .. } = effect;
    let name = intent.unraw().to_string();
    let call = |argument: &Parameter| {
        let ident = &argument.ident;
        let name = plain_name(ident);
        if is_redacted(effect, argument) {
            quote!(.field(#name, #private::REDACTED))
        } else {
            quote!(.field(#name, #private::debug_field!(self.#ident)))
        }
    };
    let body = if effect.arguments().all(|argument| argument.cfgs.is_empty()) {
        let calls = effect.arguments().map(call);
        quote!(f.debug_struct(#name)#(#calls)*.finish())
    } else {
        // A `cfg` is allowed on a statement, but not on a call in a method chain.
        let calls = effect.arguments().map(|argument| {
            let (cfgs, call) = (&argument.cfgs, call(argument));
            quote!(#(#cfgs)* shown #call;)
        });
        quote! {
            #[allow(unused_mut, reason = "every argument may be configured away")]
            let mut shown = f.debug_struct(#name);
            #(#calls)*
            shown.finish()
        }
    };
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #intent {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #body
            }
        }
    }
}

fn implementation(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect { intent, .. } = effect;
    let descriptor = descriptor(effect, private);
    let perform = perform(effect, private);
    let duplicate = (!effect.once).then(|| {
        quote! {
            fn duplicate(&self) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(::core::clone::Clone::clone(self))
            }
        }
    });
    let key = effect.key.as_ref().map(|key| {
        let fields = names(effect.arguments());
        quote! {
            fn key(&self) -> ::core::option::Option<#private::Key> {
                #[allow(unused_variables, reason = "a key need not read every argument")]
                let Self { #fields } = self;
                ::core::option::Option::Some(#private::key(#key))
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #private::Effect for #intent {
            const DESCRIPTOR: &'static #private::EffectDescriptor = #descriptor;
            #perform
            #duplicate
            #key
        }
    }
}

fn descriptor(effect: &Effect, private: &TokenStream) -> TokenStream {
    let place = place(&effect.ident);
    let intent = effect.intent.unraw().to_string();
    let some = quote!(::core::option::Option::Some);
    let id = match &effect.name {
        Some(name) => quote!(#name),
        None => {
            let name = plain_name(&effect.ident);
            quote!(#private::place!(id #name))
        }
    };
    let Effect {
        docs,
        aliases,
        tags,
        queue,
        priority,
        timeout_millis,
        ..
    } = effect;
    let docs = (!docs.is_empty()).then(|| quote!(docs: #docs,));
    let arguments: Vec<_> = effect
        .arguments()
        .map(|argument| {
            let (cfgs, name) = (&argument.cfgs, plain_name(&argument.ident));
            let ty = effect.field_type(argument);
            let encoding = effect.durable.then(|| effect.encoding(argument).calls());
            let ty = type_text(ty);
            let redacted = is_redacted(effect, argument).then(|| quote!(.redacted()));
            quote!(#(#cfgs)* #private::argument(#name, #ty)#redacted #encoding)
        })
        .collect();
    let arguments = (!arguments.is_empty()).then(|| quote!(arguments: &[#(#arguments),*],));
    let resources: Vec<_> = effect
        .resources()
        .map(
            |Parameter {
                 cfgs, ident, ty, ..
             }| {
                let (name, text) = (plain_name(ident), type_text(ty));
                quote!(#(#cfgs)* #private::resource::<#ty>(#name, #text))
            },
        )
        .collect();
    let resources = (!resources.is_empty()).then(|| quote!(resources: &[#(#resources),*],));
    let aliases = (!aliases.is_empty()).then(|| quote!(aliases: &[#(#aliases),*],));
    let tags = (!tags.is_empty()).then(|| quote!(tags: &[#(#tags),*],));
    let queue = queue.as_ref().map(|queue| quote!(queue: #some(#queue),));
    let priority = priority.map(|priority| quote!(priority: #some(#priority),));
    let retry = effect
        .retry
        .as_ref()
        .map(|retry| retry_rule(retry, private));
    let timeout =
        timeout_millis.map(|millis| quote!(timeout: #some(#private::milliseconds(#millis)),));
    let key = effect.key.as_ref().map(|key| {
        let text = quote!(#key).to_string().replace(" . ", ".");
        quote!(key: #some(#text),)
    });
    let coalesce = effect
        .keeps_first
        .then(|| quote!(coalesce: #private::Coalesce::First,));
    let durable = effect.durable.then(|| {
        let intent = &effect.intent;
        quote!(codec: #some(#private::codec::<#intent>()),)
    });
    let emits = effect
        .emits
        .as_ref()
        .map(|_| quote!(emits: #some(|| __AIRLOCK_EMITS),));
    let flags = [
        (effect.is_async, quote!(is_async: true,)),
        (effect.is_fallible(), quote!(fallible: true,)),
        (effect.batch.is_some(), quote!(batch: true,)),
        (effect.once, quote!(once: true,)),
        (effect.key_redacted, quote!(key_redacted: true,)),
    ];
    let flags = flags
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, field)| field);
    quote! {
        &#private::EffectDescriptor::new(#private::EffectSpec {
            #docs #arguments #resources #aliases #tags #queue #priority #retry #timeout #key #coalesce
            #durable #emits #(#flags)*
            ..#private::EffectSpec::new::<Self>(#private::place!(#place), #intent, #id)
        })
    }
}

fn retry_rule(retry: &Retry, private: &TokenStream) -> TokenStream {
    let Retry {
        attempts,
        delay_millis,
        factor,
        max_delay_millis,
    } = retry;
    let delay = delay_millis.map(|millis| quote!(.delay_millis(#millis)));
    let factor = factor.as_ref().map(|factor| quote!(.factor(#factor)));
    let max_delay = max_delay_millis.map(|millis| quote!(.max_delay_millis(#millis)));
    quote! {
        retry: ::core::option::Option::Some(
            #private::Retry::attempts(#attempts)#delay #factor #max_delay
        ),
    }
}

fn perform(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect {
        ident, is_async, ..
    } = effect;
    let has_resources = effect.resources().next().is_some();
    let resources = if has_resources {
        quote!(__airlock_resources)
    } else {
        quote!(_)
    };
    let fetch = effect.resources().map(
        |Parameter {
             cfgs, ident, ty, ..
         }| { quote!(#(#cfgs)* let #ident = __airlock_resources.get::<#ty>()?;) },
    );
    let arguments = names(effect.parameters.iter());
    let awaited = is_async.then(|| quote!(.await));
    // The span makes the compiler report an invalid return type at that type.
    let call = match &effect.output {
        ReturnType::Default => {
            quote!(#private::result(__AirlockBody::#ident(#arguments)#awaited))
        }
        ReturnType::Type(_, ty) => {
            let result = respan(quote!(#private::result), ty.span());
            let mut ident = ident.clone();
            ident.set_span(ty.span().resolved_at(ident.span()));
            let awaited = is_async.then(|| quote_spanned!(ty.span()=> .await));
            quote_spanned!(ty.span()=> #result(__AirlockBody::#ident(#arguments)#awaited))
        }
    };
    let run = match (is_async, has_resources) {
        (true, _) => quote!(#private::perform_async(async move { #(#fetch)* #call })),
        (false, true) => quote!(#private::perform_sync(|| { #(#fetch)* #call })),
        (false, false) => quote!(#private::perform_sync(|| #call)),
    };
    let fields = names(effect.arguments());
    if effect.batch.is_none() {
        let take = effect
            .arguments()
            .next()
            .map(|_| quote!(let Self { #fields } = self;));
        return quote! {
            fn perform(self, #resources: &#private::Resources) -> #private::Performing<'_> {
                #take
                #run
            }
        };
    }
    let gather = effect.arguments().map(|Parameter { ident, .. }| {
        quote! {
            let #ident = ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                ::core::iter::IntoIterator::into_iter(batch),
                |intent| intent.#ident,
            ));
        }
    });
    quote! {
        fn perform(self, resources: &#private::Resources) -> #private::Performing<'_> {
            Self::perform_batch(::std::vec![self], resources)
        }
        fn perform_batch(
            batch: ::std::vec::Vec<Self>,
            #resources: &#private::Resources,
        ) -> #private::Performing<'_> {
            #(#gather)*
            #run
        }
    }
}

fn markers(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect { intent, .. } = effect;
    let clone = (!effect.once).then(|| {
        let fields = effect.arguments().map(|argument| {
            let (cfgs, ident) = (&argument.cfgs, &argument.ident);
            let ty = effect.field_type(argument);
            // The same tokens at the same span as in `checks`, so that the compiler shows one error for both.
            let clone = quote_spanned!(ty.span()=> #private::assert_argument::<#ty>());
            quote!(#(#cfgs)* #ident: #clone(&self.#ident))
        });
        quote! {
            #[automatically_derived]
            impl ::core::clone::Clone for #intent {
                fn clone(&self) -> Self {
                    Self { #(#fields),* }
                }
            }
        }
    });
    let durable = effect.durable.then(|| durable(effect, private));
    quote!(#clone #durable)
}

/// Generates the encoding of a durable effect, argument by argument. With serde attributes that only the derive
/// macros of serde know, `intent` has derived `Serialize` and `Deserialize`.
fn durable(effect: &Effect, private: &TokenStream) -> TokenStream {
    let Effect { intent, .. } = effect;
    let (encode, decode) = if effect.derives_serde() {
        (
            quote!(#private::to_json(self)),
            quote!(#private::from_json(text)),
        )
    } else {
        let (puts, takes): (Vec<_>, Vec<_>) = effect
            .arguments()
            .map(|argument| {
                let Parameter { cfgs, ident, .. } = argument;
                let encoding = effect.encoding(argument);
                let ty = effect.field_type(argument);
                // The same tokens at the same span as in `checks`, so that the compiler shows one error for all.
                let codec = quote_spanned!(ty.span()=> #private::assert_durable_argument::<#ty>());
                let (put, take) = (encoding.put(ident, &codec), encoding.take(ident, &codec));
                (quote!(#(#cfgs)* #put), quote!(#(#cfgs)* #ident: #take))
            })
            .unzip();
        let encode = quote! {
            #[allow(unused_mut, reason = "there may be no argument")]
            let mut fields = #private::FieldWriter::new();
            #(#puts)*
            fields.finish()
        };
        let decode = quote! {
            #[allow(unused_variables, reason = "there may be no argument")]
            let fields = #private::FieldReader::new(text)?;
            ::core::result::Result::Ok(Self { #(#takes),* })
        };
        (encode, decode)
    };
    quote! {
        #[automatically_derived]
        impl #private::DurableEffect for #intent {
            fn __encode(&self) -> ::core::result::Result<::std::string::String, #private::BoxError> {
                #encode
            }
            fn __decode(text: &str) -> ::core::result::Result<Self, #private::BoxError> {
                #decode
            }
        }
        #private::register_durable! { #intent }
    }
}

/// Generates an assertion of the required traits for each argument's type, at the span of the type.
fn checks(effect: &Effect, private: &TokenStream) -> TokenStream {
    let mut checks = Vec::new();
    for argument in effect.arguments() {
        let (cfgs, ty) = (&argument.cfgs, effect.field_type(argument));
        let plain = if effect.once {
            "assert_once_argument"
        } else {
            "assert_argument"
        };
        let durable = effect.durable.then_some("assert_durable_argument");
        for check in std::iter::once(plain).chain(durable) {
            let check = quote::format_ident!("{check}");
            checks.push(quote_spanned!(ty.span()=> #(#cfgs)* #private::#check::<#ty>();));
        }
    }
    let cfgs = &effect.attributes.cfgs;
    if checks.is_empty() {
        TokenStream::new()
    } else {
        quote!(#(#cfgs)* const _: () = { #(#checks)* };)
    }
}

fn is_redacted(effect: &Effect, argument: &Parameter) -> bool {
    effect
        .redacted
        .iter()
        .any(|name| name.unraw() == argument.ident.unraw())
}

/// Returns the names, separated by commas, each with its `cfg`s.
fn names<'a>(parameters: impl Iterator<Item = &'a Parameter>) -> TokenStream {
    let names = parameters.map(|Parameter { cfgs, ident, .. }| quote!(#(#cfgs)* #ident));
    quote!(#(#names),*)
}
