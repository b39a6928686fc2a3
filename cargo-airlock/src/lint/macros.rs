//! The arguments of macros that functions call.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Ident, Macro, Pat, Stmt, Token};

/// The arguments of a macro, in the first form that parses.
pub(super) enum Body {
    /// `join!(a, b)`, `assert!(..)`.
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
        } else if let Ok(branches) = item.parse_body_with(branches) {
            Self::Branches(branches)
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
