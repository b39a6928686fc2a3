//! The paths and method calls in tokens that are not Rust expressions.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Stmt};

use crate::lint::macros::name;
use crate::lint::names::Path;

/// The code that was found in tokens.
#[derive(Default)]
pub(super) struct Code {
    /// The parts that are Rust code.
    pub(super) statements: Vec<Stmt>,
    /// The paths in other parts, with their positions.
    pub(super) paths: Vec<(Path, (usize, usize))>,
    /// The methods that are called in other parts, on unknown values.
    pub(super) methods: Vec<Ident>,
    /// `true` if a part was not Rust code.
    pub(super) is_scanned: bool,
}

/// Reads the tokens between commas, semicolons and arrows as expressions. Where that fails, it looks
/// for paths and method calls.
pub(super) fn code(tokens: TokenStream) -> Code {
    let mut code = Code::default();
    code.list(tokens);
    code
}

/// Reads the right-hand sides of a `macro_rules!`. `$name` is read as `name`.
pub(super) fn rules(tokens: TokenStream) -> Code {
    let mut code = Code::default();
    let mut is_after_arrow = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if is_after_arrow => {
                code.list(without_dollars(group.stream()));
                is_after_arrow = false;
            }
            TokenTree::Punct(punct) => is_after_arrow = punct.as_char() == '>',
            _ => {}
        }
    }
    code
}

impl Code {
    fn list(&mut self, tokens: TokenStream) {
        if let Ok(statements) = Block::parse_within.parse2(tokens.clone()) {
            self.statements.extend(statements);
            return;
        }
        for part in split(tokens) {
            let expression = |input: ParseStream<'_>| {
                name(input)?;
                input.parse::<Expr>()
            };
            match expression.parse2(part.clone()) {
                Ok(expression) => self.statements.push(Stmt::Expr(expression, None)),
                Err(_) => self.scan(part),
            }
        }
    }

    fn scan(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut is_field = false;
        while let Some(token) = tokens.next() {
            if let TokenTree::Group(group) = token {
                self.list(group.stream());
                continue;
            }
            self.is_scanned = true;
            let first = match token {
                TokenTree::Punct(punct) => {
                    is_field = punct.as_char() == '.';
                    continue;
                }
                TokenTree::Literal(_) | TokenTree::Group(_) => continue,
                TokenTree::Ident(first) => first,
            };
            let start = first.span().start();
            let mut path = vec![first.unraw().to_string()];
            while is_double_colon(tokens.peek()) {
                tokens.next();
                tokens.next();
                if let Some(TokenTree::Ident(segment)) = tokens.peek() {
                    path.push(segment.unraw().to_string());
                    tokens.next();
                } else {
                    break;
                }
            }
            let is_called = matches!(
                tokens.peek(),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
            );
            let is_type = path[0].starts_with(char::is_uppercase);
            if is_field {
                self.methods.extend(is_called.then_some(first));
            } else if path.len() > 1 || is_called || is_type {
                self.paths.push((path, (start.line, start.column + 1)));
            }
            is_field = false;
        }
    }
}

/// Splits tokens at `,`, `;` and `=>`.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ends = match &token {
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => true,
            TokenTree::Punct(punct) if punct.as_char() == '=' => {
                let is_arrow =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '>');
                is_arrow && punct.spacing() == Spacing::Joint && tokens.next().is_some()
            }
            _ => false,
        };
        if ends {
            parts.push(TokenStream::new());
        } else if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Removes each `$`, so that `$crate::post($order)` is an expression.
fn without_dollars(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Punct(punct) if punct.as_char() == '$' => None,
        TokenTree::Group(group) => {
            let mut inner =
                proc_macro2::Group::new(group.delimiter(), without_dollars(group.stream()));
            inner.set_span(group.span());
            Some(TokenTree::Group(inner))
        }
        other => Some(other),
    });
    tokens.collect()
}

fn is_double_colon(token: Option<&TokenTree>) -> bool {
    matches!(
        token,
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint
    )
}
