//! The validated model of an effect.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, GenericArgument, LitInt, LitStr, Path, PathArguments, ReturnType, Type,
    Visibility,
};

use crate::effect::args::Args;
use crate::effect::encoding::Encoding;
use crate::effect::signature::{Checked, Parameter, ParameterKind};
use crate::function::{Function, docs, is_one_of, plain_name, unwrapped};
use crate::problems::Problems;

pub(crate) struct Effect {
    pub(crate) krate: TokenStream,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) intent: Ident,
    pub(crate) is_async: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: ReturnType,
    pub(crate) body: Group,
    pub(crate) attributes: Attributes,
    pub(crate) docs: String,
    pub(crate) derives: Vec<Path>,
    pub(crate) redacted: Vec<Ident>,
    pub(crate) name: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) queue: Option<LitStr>,
    pub(crate) priority: Option<i16>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout_millis: Option<u64>,
    pub(crate) key: Option<Expr>,
    /// `true` if the key uses a redacted argument.
    pub(crate) key_redacted: bool,
    pub(crate) keeps_first: bool,
    /// For a batch effect, the element type of the body's `Vec`, which is the type of the intent's only
    /// argument.
    pub(crate) batch: Option<Type>,
    pub(crate) once: bool,
    pub(crate) durable: bool,
    /// The intent types of the effects that the body may enqueue.
    pub(crate) emits: Option<Vec<Type>>,
}

pub(crate) struct Retry {
    pub(crate) attempts: LitInt,
    pub(crate) delay_millis: Option<u64>,
    pub(crate) factor: Option<LitInt>,
    pub(crate) max_delay_millis: Option<u64>,
}

/// The user's attributes, grouped by the generated items that they are applied to.
pub(crate) struct Attributes {
    /// Doc comments: the constructor and the intent.
    pub(crate) docs: Vec<Attribute>,
    /// `cfg`: all generated items.
    pub(crate) cfgs: Vec<Attribute>,
    /// `deprecated` and `must_use`: the constructor.
    pub(crate) constructor: Vec<Attribute>,
    /// Lint levels: the constructor, the intent and the body.
    pub(crate) lints: Vec<Attribute>,
    /// All others, such as `#[tracing::instrument]`: the body.
    pub(crate) body: Vec<Attribute>,
}

impl Effect {
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(|parameter| parameter.kind == ParameterKind::Argument)
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(|parameter| parameter.kind == ParameterKind::Resource)
    }

    /// Returns the type of the intent's field for an argument.
    pub(crate) fn field_type<'a>(&'a self, argument: &'a Parameter) -> &'a Type {
        self.batch.as_ref().unwrap_or(&argument.ty)
    }

    /// Returns the encoding of an argument of a durable effect.
    pub(crate) fn encoding(&self, argument: &Parameter) -> Encoding {
        Encoding::read(&argument.serde, self.field_type(argument))
    }

    /// Returns `true` if the intent needs the derive macros of serde.
    pub(crate) fn derives_serde(&self) -> bool {
        self.durable
            && self
                .arguments()
                .any(|argument| self.encoding(argument).needs_derive)
    }

    /// Returns `true` if the `key` expression uses the argument.
    pub(crate) fn key_mentions(&self, argument: &Ident) -> bool {
        let names = std::slice::from_ref(argument);
        let key = self.key.as_ref();
        key.is_some_and(|key| mentions(key.to_token_stream(), names))
    }

    pub(crate) fn is_fallible(&self) -> bool {
        match &self.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) => {
                !matches!(unwrapped(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
            }
        }
    }
}

/// Builds the model. Adds a problem for each invalid argument of the attribute.
pub(crate) fn build(
    args: Args,
    function: &Function,
    signature: Checked,
    problems: &mut Problems,
) -> Effect {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let krate = args.krate.to_token_stream();
    let intent = intent_name(&args, &sig.ident);
    let is_async = sig.asyncness.is_some();
    let parameters = signature.parameters;
    check_combinations(&args, is_async, problems);
    check_name(&args, &sig.ident, problems);
    let redacted = redacted(args.redact.unwrap_or_default(), &parameters, problems);
    let batch = args
        .batch
        .and_then(|span| batch_of(span, &parameters, problems));
    let key_redacted = match &args.key {
        Some(key) => mentions(key.to_token_stream(), &redacted),
        None => false,
    };
    Effect {
        krate,
        vis: vis.clone(),
        ident: sig.ident.clone(),
        intent,
        is_async,
        parameters,
        output: sig.output.clone(),
        body: body.clone(),
        attributes: sorted(attrs),
        docs: docs(attrs),
        derives: args
            .derive
            .into_iter()
            .flatten()
            // The expansion implements both; `Clone` only if the effect is not `once`.
            .filter(|path| !is(path, "Debug") && (args.once.is_some() || !is(path, "Clone")))
            .collect(),
        redacted,
        name: args.name,
        aliases: args.alias.unwrap_or_default(),
        tags: args.tags.unwrap_or_default(),
        queue: args.queue,
        priority: args.priority,
        retry: args.retry.and_then(|(_, retry)| {
            let millis = |text: Option<crate::arguments::DurationText>| {
                text.and_then(|text| u64::try_from(text.0.as_millis()).ok())
            };
            Some(Retry {
                attempts: retry.attempts?,
                delay_millis: millis(retry.delay),
                factor: retry.factor,
                max_delay_millis: millis(retry.max_delay),
            })
        }),
        timeout_millis: args.timeout.filter(|_| is_async).map(|(_, millis)| millis),
        key: args.key,
        key_redacted,
        keeps_first: args.coalesce.is_some_and(|which| which == "first"),
        batch,
        once: args.once.is_some(),
        durable: args.durable.is_some() && cfg!(feature = "serde"),
        emits: args.emits,
    }
}

/// Names in Rust's prelude, which a generated intent type must not shadow in the user's module.
const PRELUDE: &[&str] = &[
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// Returns the name of the intent type: `intent = Name`, or else the function's name in CamelCase.
/// `send_confirmation` becomes `SendConfirmation`; `send` becomes `SendIntent`, since `Send` is in the prelude.
pub(crate) fn intent_name(args: &Args, function: &Ident) -> Ident {
    if let Some(intent) = &args.intent {
        return intent.clone();
    }
    let words = plain_name(function);
    let words = words.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    let name: String = words.collect();
    if syn::parse_str::<Ident>(&name).is_ok() && !PRELUDE.contains(&name.as_str()) {
        // The function's span points errors and editors to the origin of the name.
        return Ident::new(&name, function.span());
    }
    format_ident!("{}Intent", name, span = function.span())
}

fn is(derive: &Path, name: &str) -> bool {
    let last = derive.segments.last();
    last.is_some_and(|last| last.ident == name)
}

fn check_combinations(args: &Args, is_async: bool, problems: &mut Problems) {
    let mut refuse = |span: Span, message: &str| problems.push(syn::Error::new(span, message));
    if let (Some((span, _)), false) = (&args.timeout, is_async) {
        refuse(
            *span,
            "a sync body cannot be interrupted: make the function `async`, or remove `timeout`",
        );
    }
    for derive in args.derive.iter().flatten() {
        if is(derive, "Debug") {
            refuse(
                derive.span(),
                "`Debug` is always there, with what the effect redacts left out: remove it here",
            );
        }
    }
    if let (Some((span, _)), Some(_)) = (&args.retry, args.once) {
        refuse(
            *span,
            "an effect declared `once` is never repeated: remove `retry` or `once`",
        );
    }
    if let (Some(which), None) = (&args.coalesce, &args.key) {
        refuse(
            which.span(),
            "only intents with a key are coalesced: add `key = ..`",
        );
    }
    if let (Some(span), false) = (args.durable, cfg!(feature = "serde")) {
        refuse(
            span,
            "durable effects need the feature `serde`: add `features = [\"serde\"]` to the dependency on `airlock-effects`",
        );
    }
}

fn check_name(args: &Args, function: &Ident, problems: &mut Problems) {
    if let Some(name) = &args.name
        && (name.value().is_empty() || name.value().contains(char::is_whitespace))
    {
        let message = "an id is not empty and has no spaces, such as `\"shop.send_confirmation\"`";
        problems.push(syn::Error::new(name.span(), message));
    }
    for alias in args.alias.iter().flatten() {
        if args
            .name
            .as_ref()
            .is_some_and(|name| name.value() == alias.value())
        {
            let message = "this is the effect's own id: an alias is another one, which it had before; leave it out";
            problems.push(syn::Error::new(alias.span(), message));
        }
    }
    if let (Some(durable), None) = (args.durable, &args.name) {
        let proposal = proposed_name(function);
        let message = format!(
            "a durable effect needs a `name`: its id is stored with its intents, and has to stay the same when the function moves; add `name = \"{proposal}\"`"
        );
        problems.push(syn::Error::new(durable, message));
    }
}

/// Returns `<package>.<function>`. Omits the module, since the name should survive a move to another one.
fn proposed_name(function: &Ident) -> String {
    let function = plain_name(function);
    match std::env::var("CARGO_PKG_NAME") {
        Ok(package) => format!("{package}.{function}"),
        Err(_) => function, // Not compiled by Cargo.
    }
}

fn redacted(names: Vec<Ident>, parameters: &[Parameter], problems: &mut Problems) -> Vec<Ident> {
    let arguments = parameters
        .iter()
        .filter(|it| it.kind == ParameterKind::Argument);
    let known: Vec<_> = arguments.map(|argument| argument.ident.unraw()).collect();
    let (found, missing): (Vec<_>, Vec<_>) = names
        .into_iter()
        .partition(|name| known.contains(&name.unraw()));
    for name in missing {
        let known: Vec<_> = known.iter().map(ToString::to_string).collect();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        problems.at(
            &name,
            format!("there is no argument `{name}` to redact (there are: {known})"),
        );
    }
    found
}

/// Returns `true` if one of the names occurs in these tokens, or in a string such as `format!("{card}")`.
fn mentions(tokens: TokenStream, names: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), names),
        TokenTree::Ident(ident) => names.iter().any(|name| name.unraw() == ident.unraw()),
        TokenTree::Literal(text) => {
            let text = text.to_string();
            let written = |name: &Ident| text.contains(&format!("{{{}", name.unraw()));
            names.iter().any(written)
        }
        TokenTree::Punct(_) => false,
    })
}

/// Returns the element type of a batch effect's only argument: `OrderId` for `orders: Vec<OrderId>`.
fn batch_of(span: Span, parameters: &[Parameter], problems: &mut Problems) -> Option<Type> {
    let arguments: Vec<_> = parameters
        .iter()
        .filter(|it| it.kind == ParameterKind::Argument)
        .collect();
    let [argument] = arguments[..] else {
        let message = "a batch effect takes one argument beside its resources, a `Vec<T>` of what its intents hold: put several values into a tuple or a struct";
        problems.push(syn::Error::new(span, message));
        return None;
    };
    let element = element_of(&argument.ty);
    if element.is_none() {
        problems.at(
            &argument.ty,
            "the body of a batch effect takes a `Vec<T>`: one `T` of each intent",
        );
    }
    element
}

fn element_of(ty: &Type) -> Option<Type> {
    let Type::Path(path) = unwrapped(ty) else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == "Vec")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(element) => Some(element.clone()),
        _ => None,
    }
}

fn sorted(attrs: &[Attribute]) -> Attributes {
    let mut sorted = Attributes {
        docs: Vec::new(),
        cfgs: Vec::new(),
        constructor: Vec::new(),
        lints: Vec::new(),
        body: Vec::new(),
    };
    for attr in attrs {
        let place = if is_one_of(attr, &["doc"]) {
            &mut sorted.docs
        } else if is_one_of(attr, &["cfg"]) {
            &mut sorted.cfgs
        } else if is_one_of(attr, &["deprecated", "must_use"]) {
            &mut sorted.constructor
        } else if is_one_of(attr, &["allow", "warn", "deny", "forbid", "expect"]) {
            &mut sorted.lints
        } else {
            &mut sorted.body
        };
        place.push(attr.clone());
    }
    for lint in &mut sorted.lints {
        // The attribute is copied to several items; an `expect` would be unfulfilled on some of them.
        if lint.path().is_ident("expect") {
            let tokens = lint.meta.require_list().map(|list| list.tokens.clone());
            let tokens = tokens.unwrap_or_else(|_| lint.meta.to_token_stream());
            *lint = syn::parse_quote!(#[allow(#tokens)]);
        }
    }
    sorted
}
