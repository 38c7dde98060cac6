//! Changes the code of prost-build where it would not compile or not pass clippy.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; package book;
//!     message Book { oneof kind { string name = 1; bool none = 2; } }";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("book.rs"))?;
//! assert!(code.contains("#[allow(clippy::module_inception)]\npub mod book {"));
//! assert!(code.contains("#[allow(clippy::large_enum_variant)]\n    #[derive"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use proc_macro2::Span;
use syn::{
    Attribute, Expr, Field, Ident, ImplItem, ImplItemFn, Item, ItemEnum, ItemImpl, ItemMod, Lit,
    LitStr, Pat, Stmt, parse_quote,
};

use crate::enums;

/// Goes through the items of a module of this name; the outermost has none.
pub(crate) fn items(items: &mut [Item], module: Option<&str>) {
    for item in items {
        match item {
            Item::Mod(inner) => inner_module(inner, module),
            Item::Enum(choice) => {
                allow_large_variants(choice);
                allow_names(choice);
            }
            Item::Struct(message) => message.fields.iter_mut().for_each(rename_map),
            Item::Impl(block) => restore_names(block),
            _ => {}
        }
    }
}

/// A message's module may be called like the one around it.
fn inner_module(inner: &mut ItemMod, around: Option<&str>) {
    let name = inner.ident.to_string();
    if Some(&name[..]) == around {
        inner
            .attrs
            .push(parse_quote!(#[allow(clippy::module_inception)]));
    }
    if let Some((_, content)) = &mut inner.content {
        items(content, Some(&name));
    }
}

/// The variants of a oneof have any size: clippy would have the large ones boxed.
fn allow_large_variants(oneof: &mut ItemEnum) {
    if let Some(derive) = oneof.attrs.iter().position(derives_oneof) {
        oneof
            .attrs
            .insert(derive, parse_quote!(#[allow(clippy::large_enum_variant)]));
    }
}

/// The names of variants are the file's: clippy would have none repeat the enum's or each other's.
fn allow_names(choice: &mut ItemEnum) {
    let name = choice.ident.to_string();
    let variants: Vec<_> = choice
        .variants
        .iter()
        .map(|variant| variant.ident.to_string())
        .collect();
    let all = |part: fn(&str) -> &str| {
        variants
            .windows(2)
            .all(|two| part(&two[0]) == part(&two[1]))
    };
    let repeated = variants
        .iter()
        .any(|variant| variant.starts_with(&name) || variant.ends_with(&name));
    if variants.len() > 2 && (repeated || all(first_word) || all(last_word)) {
        choice
            .attrs
            .push(parse_quote!(#[allow(clippy::enum_variant_names)]));
    }
}

/// The part of a name up to its second capital.
fn first_word(name: &str) -> &str {
    let end = name.char_indices().skip(1).find(|(_, c)| c.is_uppercase());
    &name[..end.map_or(name.len(), |(end, _)| end)]
}

/// The part of a name from its last capital.
fn last_word(name: &str) -> &str {
    &name[name.rfind(char::is_uppercase).unwrap_or_default()..]
}

/// Whether an attribute derives what prost derives for oneofs.
fn derives_oneof(attribute: &Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("derive") {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta
                .path
                .segments
                .last()
                .is_some_and(|segment| segment.ident == "Oneof");
            Ok(())
        });
    }
    found
}

/// prost-derive makes `get_r#type` of a map's raw name where its values are of an enum: it becomes `type_`.
fn rename_map(field: &mut Field) {
    let raw = field
        .ident
        .as_ref()
        .and_then(|name| name.to_string().strip_prefix("r#").map(str::to_owned));
    if let Some(name) = raw
        && field.attrs.iter().any(maps_to_enum)
    {
        field.ident = Some(Ident::new(&format!("{name}_"), Span::call_site()));
    }
}

/// Whether prost's attribute of a field says `map = "string, enumeration(Kind)"`.
fn maps_to_enum(attribute: &Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("prost") {
        let _ = attribute.parse_nested_meta(|meta| {
            let value: LitStr = meta.value()?.parse()?;
            found |= meta.path.is_ident("map") && value.value().contains("enumeration(");
            Ok(())
        });
    }
    found
}

/// Values that were given another name keep their own in strings.
fn restore_names(block: &mut ItemImpl) {
    for item in &mut block.items {
        match item {
            ImplItem::Fn(function) if function.sig.ident == "as_str_name" => {
                for_each_arm(function, |arm| {
                    if let Expr::Lit(literal) = &mut *arm.body {
                        restore(&mut literal.lit);
                    }
                });
            }
            ImplItem::Fn(function) if function.sig.ident == "from_str_name" => {
                for_each_arm(function, |arm| {
                    if let Pat::Lit(literal) = &mut arm.pat {
                        restore(&mut literal.lit);
                    }
                });
            }
            _ => {}
        }
    }
}

/// Goes through the arms of a function that is one `match`.
fn for_each_arm(function: &mut ImplItemFn, change: impl FnMut(&mut syn::Arm)) {
    if let [Stmt::Expr(Expr::Match(by_name), _)] = &mut function.block.stmts[..] {
        by_name.arms.iter_mut().for_each(change);
    }
}

/// Gives a string the name of its file.
fn restore(literal: &mut Lit) {
    if let Lit::Str(text) = literal
        && let Some(name) = enums::original(&text.value())
    {
        *text = LitStr::new(name, text.span());
    }
}
