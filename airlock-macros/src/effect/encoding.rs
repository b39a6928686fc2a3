//! The encoding of a durable effect's arguments, according to their `#[serde(..)]` attributes. It is part
//! of the contract with messages that are stored already.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Path, Token, Type};

use crate::function::{plain_name, unwrapped};

/// The encoding of one argument in a durable intent.
#[derive(Default)]
pub(crate) struct Encoding {
    /// `true` if the argument may be missing in a message.
    default: bool,
    /// The function of `#[serde(default)]`.
    default_value: Option<TokenStream>,
    /// The function of `skip_serializing_if`.
    skipped_if: Option<Path>,
    /// `true` if it needs the derive macros of serde: it has an attribute other than `rename`, `alias`,
    /// `default` and `skip_serializing_if`, or one that serde does not accept.
    pub(crate) needs_derive: bool,
    name: Option<LitStr>,
    aliases: Vec<LitStr>,
    /// Other attributes that change the encoding (`with = ".."`, `flatten`), as written.
    form: Vec<String>,
    /// `true` if some messages omit it (`skip_serializing_if`).
    left_out: bool,
}

impl Encoding {
    /// Reads the attributes. Ignores what cannot be parsed, since serde reports it.
    pub(crate) fn read(attrs: &[Attribute], ty: &Type) -> Self {
        let mut encoding = Self::default();
        let mut decodes_itself = false;
        for attr in attrs {
            let read = attr.parse_nested_meta(|meta| {
                decodes_itself |=
                    meta.path.is_ident("with") || meta.path.is_ident("deserialize_with");
                encoding.item(&meta)
            });
            encoding.needs_derive |= read.is_err();
        }
        // Serde decodes a missing `Option` as `None`, unless the field has a custom decoder.
        encoding.default |= is_option(ty) && !decodes_itself;
        encoding
    }

    fn item(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let is = |name: &str| meta.path.is_ident(name);
        let value = |meta: &ParseNestedMeta<'_>| meta.value()?.parse::<LitStr>();
        if is("default") {
            self.default = true;
            self.default_value = Some(if meta.input.peek(Token![=]) {
                value(meta)?.parse::<Path>()?.to_token_stream()
            } else {
                quote!(::core::default::Default::default)
            });
        } else if is("rename") && meta.input.peek(Token![=]) {
            self.name = Some(value(meta)?);
        } else if is("alias") {
            self.aliases.push(value(meta)?);
        } else {
            self.default |= is("skip") || is("skip_deserializing");
            self.needs_derive |= !is("skip_serializing_if");
            let mut text = meta.path.to_token_stream().to_string();
            if meta.input.peek(Token![=]) {
                let value = value(meta)?;
                text.push_str(&format!(" = {}", value.token()));
                if is("skip_serializing_if") {
                    self.skipped_if = Some(value.parse()?);
                }
            } else if meta.input.peek(syn::token::Paren) {
                let list: proc_macro2::Group = meta.input.parse()?;
                text.push_str(&list.to_string());
            }
            if is("skip_serializing_if") {
                self.left_out = true;
            } else if !is("bound") && !is("borrow") {
                self.form.push(text);
            }
        }
        Ok(())
    }

    /// Returns the calls that record the encoding on the descriptor's argument.
    pub(crate) fn calls(&self) -> TokenStream {
        let Self {
            default,
            name,
            aliases,
            form,
            left_out,
            ..
        } = self;
        let default = default.then(|| quote!(.defaulted()));
        let name = name.as_ref().map(|name| quote!(.encoded_as(#name)));
        let aliases = (!aliases.is_empty()).then(|| quote!(.formerly(&[#(#aliases),*])));
        let form = (!form.is_empty()).then(|| form.join(", "));
        let form = form.map(|form| quote!(.encoded_by(#form)));
        let left_out = left_out.then(|| quote!(.left_out()));
        quote!(#default #name #aliases #form #left_out)
    }

    /// Returns the statement that encodes the argument into `fields`.
    pub(crate) fn put(&self, ident: &Ident, codec: &TokenStream) -> TokenStream {
        let name = self.encoded_name(ident);
        let put = quote!(fields.put(#name, &#codec, &self.#ident)?;);
        match &self.skipped_if {
            Some(is_skipped) => quote!(if !#is_skipped(&self.#ident) { #put }),
            None => put,
        }
    }

    /// Returns the expression that decodes the argument from `fields`.
    pub(crate) fn take(&self, ident: &Ident, codec: &TokenStream) -> TokenStream {
        let (name, aliases) = (self.encoded_name(ident), &self.aliases);
        let default = match &self.default_value {
            Some(value) => quote!(::core::option::Option::Some(#value)),
            None => quote!(::core::option::Option::None),
        };
        quote!(fields.take(&[#name #(, #aliases)*], #default, &#codec)?)
    }

    fn encoded_name(&self, ident: &Ident) -> String {
        match &self.name {
            Some(name) => name.value(),
            None => plain_name(ident),
        }
    }
}

fn is_option(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "Option")
        }
        _ => false,
    }
}
