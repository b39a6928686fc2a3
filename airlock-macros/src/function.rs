//! The function that an attribute is applied to. Its body is not parsed: half-written code must still
//! reach the compiler and the editor.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Signature, Type, Visibility};

pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Function {
    /// Splits the body into its inner attributes (`#![allow(..)]`) and its statements. Inner attributes
    /// are only allowed in a function's own body, not in a generated block.
    pub(crate) fn split_body(&self) -> (TokenStream, Group) {
        let split = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_inner)?;
            Ok((quote!(#(#attrs)*), input.parse()?))
        };
        // Leave a body that cannot be parsed for the compiler to report.
        let (attrs, rest) = split
            .parse2(self.body.stream())
            .unwrap_or_else(|_| (TokenStream::new(), self.body.stream()));
        let mut body = Group::new(self.body.delimiter(), rest);
        body.set_span(self.body.span());
        (attrs, body)
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// Returns the text of the doc comments among these attributes.
pub(crate) fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(line),
                ..
            }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<_> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// Returns the name without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns `"name", line, column`, the arguments of `__private::place!` for a function's declaration.
pub(crate) fn place(ident: &Ident) -> TokenStream {
    let name = plain_name(ident);
    let (line, column) = line_and_column(ident.span());
    quote!(#name, #line, #column)
}

fn line_and_column(span: Span) -> (u32, u32) {
    if !proc_macro::is_available() {
        return (1, 1);
    }
    let span = span.unwrap();
    (
        u32::try_from(span.line()).unwrap_or(1),
        u32::try_from(span.column()).unwrap_or(1),
    )
}

/// Sets the span of all tokens, so that the compiler reports errors in them there.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let proc_macro2::TokenTree::Group(group) = &token {
            let stream = respan(group.stream(), span);
            token = Group::new(group.delimiter(), stream).into();
        }
        token.set_span(span);
        token
    });
    respanned.collect()
}

/// Strips the parentheses, and the invisible groups of `macro_rules!`, around a type.
pub(crate) fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => unwrapped(&group.elem),
        Type::Paren(paren) => unwrapped(&paren.elem),
        ty => ty,
    }
}

/// Formats a type as in source code, without spaces between most tokens.
pub(crate) fn type_text(ty: &Type) -> String {
    let mut text = String::new();
    write_tokens(&mut text, ty.to_token_stream());
    text
}

fn write_tokens(text: &mut String, tokens: TokenStream) {
    use proc_macro2::{Delimiter, TokenTree};
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_tokens(text, group.stream());
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                if matches!(punct.as_char(), ',' | ';') {
                    text.push(' ');
                }
            }
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}

/// Returns `true` for `#[name]`, `#[name(..)]` and `#[name = ..]` with one of the names.
pub(crate) fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attr.path().is_ident(name))
}
