//! The arguments of `#[airlock::effect(..)]`.

use proc_macro2::{Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Expr, Ident, LitInt, LitStr, Path, Token, Type};

use crate::arguments::{
    DurationText, Facade, equals, parentheses, read_each, set_flag, set_list, set_once, set_value,
};
use crate::problems::Problems;

const KNOWN: &[&str] = &[
    "name", "alias", "durable", "queue", "priority", "retry", "timeout", "tags", "redact", "batch",
    "key", "coalesce", "once", "emits", "derive", "intent", "crate",
];

/// Names that users try, and what to write instead.
const MEANT: &[(&str, &str)] = &[
    ("id", "`name = \"..\"`, which is the id of the effect"),
    ("retries", "`retry(attempts = 3)`"),
    ("attempts", "`retry(attempts = 3)`"),
    ("max_attempts", "`retry(attempts = 3)`"),
    (
        "backoff",
        "`retry(attempts = 3, delay = \"1s\", factor = 2)`",
    ),
    (
        "dedupe",
        "`key = ..`, by which the intents of one flush are coalesced",
    ),
    (
        "unique",
        "`key = ..`, by which the intents of one flush are coalesced",
    ),
    (
        "delay",
        "`retry(attempts = 3, delay = \"1s\")` for the delay between attempts; delay an intent where it is enqueued: `airlock::enqueue(intent.after(..))`",
    ),
    ("effects", "`emits(A, B)`"),
    ("tag", "`tags(\"..\")`"),
    ("aliases", "`alias(\"..\")`"),
];

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) alias: Option<Vec<LitStr>>,
    pub(crate) durable: Option<Span>,
    pub(crate) queue: Option<LitStr>,
    pub(crate) priority: Option<i16>,
    pub(crate) retry: Option<(Span, RetryArgs)>,
    pub(crate) timeout: Option<(Span, u64)>,
    pub(crate) tags: Option<Vec<LitStr>>,
    pub(crate) redact: Option<Vec<Ident>>,
    pub(crate) batch: Option<Span>,
    pub(crate) key: Option<Expr>,
    pub(crate) coalesce: Option<Ident>,
    pub(crate) once: Option<Span>,
    pub(crate) emits: Option<Vec<Type>>,
    pub(crate) derive: Option<Vec<Path>>,
    pub(crate) intent: Option<Ident>,
    /// The path of the facade.
    pub(crate) krate: Facade,
}

#[derive(Default)]
pub(crate) struct RetryArgs {
    pub(crate) attempts: Option<LitInt>,
    pub(crate) delay: Option<DurationText>,
    pub(crate) factor: Option<LitInt>,
    pub(crate) max_delay: Option<DurationText>,
}

impl Args {
    /// Parses the arguments. Adds a problem for each one that is invalid.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        read_each(tokens, KNOWN, MEANT, problems, |key, input| {
            args.read(key, input)
        });
        args
    }

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "name" => set_value(&mut self.name, key, input)?,
            "alias" => set_list(&mut self.alias, key, input)?,
            "durable" => set_flag(&mut self.durable, key, input)?,
            "queue" => set_value(&mut self.queue, key, input)?,
            "priority" => {
                equals(key, input)?;
                let minus: Option<Token![-]> = input.parse()?;
                let number: LitInt = input.parse()?;
                let sign = if minus.is_some() { "-" } else { "" };
                let priority = format!("{sign}{number}").parse().map_err(|_| {
                    syn::Error::new(number.span(), "a priority lies between -32768 and 32767")
                })?;
                set_once(&mut self.priority, key, priority)?;
            }
            "retry" => set_once(&mut self.retry, key, (key.span(), retry(key, input)?))?,
            "timeout" => {
                equals(key, input)?;
                let DurationText(limit) = input.parse()?;
                let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                set_once(&mut self.timeout, key, (key.span(), millis))?;
            }
            "tags" => set_list(&mut self.tags, key, input)?,
            "redact" => set_list(&mut self.redact, key, input)?,
            "batch" => set_flag(&mut self.batch, key, input)?,
            "key" => set_value(&mut self.key, key, input)?,
            "coalesce" => {
                equals(key, input)?;
                let which: Ident = input.parse()?;
                if which != "first" && which != "last" {
                    let message = "`coalesce` keeps one of several intents with one key: `coalesce = first` or `coalesce = last`";
                    return Err(syn::Error::new(which.span(), message));
                }
                set_once(&mut self.coalesce, key, which)?;
            }
            "once" => set_flag(&mut self.once, key, input)?,
            "emits" => set_list(&mut self.emits, key, input)?,
            "derive" => set_list(&mut self.derive, key, input)?,
            "intent" => set_value(&mut self.intent, key, input)?,
            "crate" => self.krate.set(key, input)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Parses `(3)` or `(attempts = 3, delay = "100ms", factor = 2, max_delay = "60s")`.
fn retry(key: &Ident, input: ParseStream<'_>) -> syn::Result<RetryArgs> {
    let content = parentheses(key, input, "(attempts = 3)")?;
    let mut retry = RetryArgs::default();
    if content.peek(LitInt) {
        retry.attempts = Some(content.parse()?);
    } else {
        while !content.is_empty() {
            let key: Ident = content.parse()?;
            match key.to_string().as_str() {
                "attempts" => set_value(&mut retry.attempts, &key, &content)?,
                "delay" => set_value(&mut retry.delay, &key, &content)?,
                "factor" => set_value(&mut retry.factor, &key, &content)?,
                "max_delay" => set_value(&mut retry.max_delay, &key, &content)?,
                _ => {
                    let message = format!(
                        "`retry` has no `{key}` (known are: attempts, delay, factor, max_delay)"
                    );
                    return Err(syn::Error::new(key.span(), message));
                }
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
    }
    let Some(attempts) = &retry.attempts else {
        let message = "state the total number of attempts: `retry(attempts = 3)`";
        return Err(syn::Error::new(key.span(), message));
    };
    if attempts.base10_parse::<u32>()? < 2 {
        let message = "`attempts` counts the first one too: write 2 or more, or leave `retry` out";
        return Err(syn::Error::new(attempts.span(), message));
    }
    Ok(retry)
}
