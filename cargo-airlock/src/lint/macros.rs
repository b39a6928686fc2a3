//! The arguments of macros, in the forms that can be parsed.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, discouraged::Speculative};
use syn::punctuated::Punctuated;
use syn::{Attribute, Block, Expr, Ident, Lit, Macro, Pat, Stmt, Token, Type, Visibility};

/// The arguments of a macro, in the first form that parses.
pub(super) enum Body {
    /// `join!(a, b)`, `matches!(..)`, `info!(id = %order.id, "paid")`.
    Expressions(Punctuated<Expr, Token![,]>),
    /// `block!{ let x = 1; f(x) }`.
    Statements(Vec<Stmt>),
    /// `select! { .. }`.
    Branches(Vec<Branch>),
    /// Anything else.
    Unknown,
}

/// One branch of a `select!`.
pub(super) struct Branch {
    /// The pattern and the future. `None` in `else => ..`, `complete => ..` and `default => ..`.
    pub(super) future: Option<(Pat, Expr)>,
    pub(super) condition: Option<Expr>,
    pub(super) handler: Expr,
}

impl Body {
    pub(super) fn from_macro(item: &Macro) -> Self {
        if let Ok(expressions) = item.parse_body_with(Punctuated::parse_terminated) {
            Self::Expressions(expressions)
        } else if let Ok(statements) = item.parse_body_with(Block::parse_within) {
            Self::Statements(statements)
        } else if let Ok(expressions) = item.parse_body_with(matches) {
            Self::Expressions(expressions)
        } else if let Ok(branches) = item.parse_body_with(branches) {
            Self::Branches(branches)
        } else if let Ok(fields) = item.parse_body_with(fields) {
            Self::Expressions(fields)
        } else {
            Self::Unknown
        }
    }
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let mut branches = Vec::new();
    if input.peek(Ident) && input.peek2(Token![;]) {
        input.parse::<Ident>()?; // `biased;`
        input.parse::<Token![;]>()?;
    }
    while !input.is_empty() {
        branches.push(input.parse()?);
    }
    Ok(branches)
}

/// Parses `value, pattern if condition`, the arguments of `matches!`, without the pattern.
fn matches(input: ParseStream<'_>) -> syn::Result<Punctuated<Expr, Token![,]>> {
    let mut expressions = Punctuated::new();
    expressions.push(input.parse()?);
    input.parse::<Token![,]>()?;
    Pat::parse_multi_with_leading_vert(input)?;
    if input.parse::<Option<Token![if]>>()?.is_some() {
        expressions.push(input.parse()?);
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(expressions)
}

/// Parses arguments with names and the sigils of `tracing`: `target: "orders", id = %order.id, ?order`.
fn fields(input: ParseStream<'_>) -> syn::Result<Punctuated<Expr, Token![,]>> {
    let mut fields = Punctuated::new();
    while !input.is_empty() {
        name(input)?;
        if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
        } else {
            input.parse::<Option<Token![?]>>()?;
        }
        fields.push_value(input.parse()?);
        if let Some(comma) = input.parse()? {
            fields.push_punct(comma);
        } else if !input.is_empty() {
            return Err(input.error("expected `,`"));
        }
    }
    Ok(fields)
}

/// Parses `name =`, `some.name =`, `name:` and `"name":`, if an argument starts with one.
pub(super) fn name(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    if ahead.peek(Lit) {
        ahead.parse::<Lit>()?;
    } else if ahead.peek(Ident::peek_any) {
        Ident::parse_any(&ahead)?;
        while ahead.peek(Token![.]) && ahead.peek2(Ident::peek_any) {
            ahead.parse::<Token![.]>()?;
            Ident::parse_any(&ahead)?;
        }
    } else {
        return Ok(());
    }
    let is_assignment = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
    let is_key = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    if is_assignment {
        ahead.parse::<Token![=]>()?;
    } else if is_key {
        ahead.parse::<Token![:]>()?;
    } else {
        return Ok(());
    }
    input.advance_to(&ahead);
    Ok(())
}

/// A static that a macro such as `lazy_static!` or `thread_local!` declares.
pub(super) struct Static {
    pub(super) name: Ident,
    pub(super) ty: Type,
}

/// Returns the statics that a macro declares.
pub(super) fn statics(item: &Macro) -> Vec<Static> {
    let statics = |input: ParseStream<'_>| {
        let mut statics = Vec::new();
        while !input.is_empty() {
            input.call(Attribute::parse_outer)?;
            input.parse::<Visibility>()?;
            input.parse::<Token![static]>()?;
            input.parse::<Option<Token![ref]>>()?;
            let name = input.parse()?;
            input.parse::<Token![:]>()?;
            let ty = input.parse()?;
            if input.parse::<Option<Token![=]>>()?.is_some() {
                input.parse::<Option<Token![const]>>()?;
                input.parse::<Expr>()?;
            }
            input.parse::<Option<Token![;]>>()?;
            statics.push(Static { name, ty });
        }
        Ok(statics)
    };
    item.parse_body_with(statics).unwrap_or_default()
}

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut condition = None;
        let future = if input.peek(Ident::peek_any) && input.peek2(Token![=>]) {
            Ident::parse_any(input)?;
            None
        } else {
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<Token![=]>()?;
            let future = input.parse()?;
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                condition = Some(input.parse()?);
            }
            Some((pattern, future))
        };
        input.parse::<Token![=>]>()?;
        let handler = Expr::parse_with_earlier_boundary_rule(input)?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self {
            future,
            condition,
            handler,
        })
    }
}
