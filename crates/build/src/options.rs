//! Visits the options of a parsed file, before anybody looks up what they mean.
//!
//! The parser of their values does not know lists of messages without a colon; they get one.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "import 'google/protobuf/descriptor.proto';
//!     message H { repeated H more = 1; }
//!     extend google.protobuf.FileOptions { optional H h = 50001; }
//!     option (h) = { more [ {}, { more [] } ] };";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, UninterpretedOption};

/// The options of an element that nobody has looked up yet.
macro_rules! of {
    ($element:expr) => {
        $element
            .options
            .iter_mut()
            .flat_map(|options| &mut options.uninterpreted_option)
    };
}

/// Shows each option with the full name of what it stands in; that of a file is its package.
pub(crate) fn visit(
    file: &mut FileDescriptorProto,
    see: &mut impl FnMut(&str, &mut UninterpretedOption),
) {
    let package = file.package().to_owned();
    of!(file).for_each(|option| see(&package, option));
    for message in &mut file.message_type {
        visit_message(&package, message, see);
    }
    for enumeration in &mut file.enum_type {
        visit_enum(&package, enumeration, see);
    }
    for field in &mut file.extension {
        of!(field).for_each(|option| see(&package, option));
    }
    for service in &mut file.service {
        let scope = within(&package, service.name());
        of!(service).for_each(|option| see(&scope, option));
        for method in &mut service.method {
            of!(method).for_each(|option| see(&scope, option));
        }
    }
}

/// Joins a scope and a name; the outermost scope is empty.
pub(crate) fn within(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// The options of a message and of all in it.
fn visit_message(
    scope: &str,
    message: &mut DescriptorProto,
    see: &mut impl FnMut(&str, &mut UninterpretedOption),
) {
    let scope = within(scope, message.name());
    of!(message).for_each(|option| see(&scope, option));
    for range in &mut message.extension_range {
        of!(range).for_each(|option| see(&scope, option));
    }
    for field in message.field.iter_mut().chain(&mut message.extension) {
        of!(field).for_each(|option| see(&scope, option));
    }
    for oneof in &mut message.oneof_decl {
        of!(oneof).for_each(|option| see(&scope, option));
    }
    for enumeration in &mut message.enum_type {
        visit_enum(&scope, enumeration, see);
    }
    for nested in &mut message.nested_type {
        visit_message(&scope, nested, see);
    }
}

/// The options of an enum and of its values.
fn visit_enum(
    scope: &str,
    enumeration: &mut EnumDescriptorProto,
    see: &mut impl FnMut(&str, &mut UninterpretedOption),
) {
    let scope = within(scope, enumeration.name());
    of!(enumeration).for_each(|option| see(&scope, option));
    for value in &mut enumeration.value {
        of!(value).for_each(|option| see(&scope, option));
    }
}

/// Writes a value so that protox reads it as protoc does.
pub(crate) fn make_readable(option: &mut UninterpretedOption) {
    if let Some(text) = &mut option.aggregate_value {
        *text = with_colons(text);
    }
    // These are names to the parser; what they are depends on the option's type.
    option.double_value = match option.identifier_value.as_deref() {
        Some("inf") => Some(f64::INFINITY),
        Some("nan") => Some(f64::NAN),
        _ => option.double_value,
    };
}

/// Writes a message's text with a colon before each list.
///
/// A `[` behind a field's name begins a list; anywhere else it is a list behind a colon, or the name of an extension.
fn with_colons(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = Before::Field;
    let mut rest = text;
    while let Some(token) = Token::first(rest) {
        let (piece, tail) = rest.split_at(token.len(rest));
        before = match (before, token) {
            (before, Token::Blank) => before,
            (Before::Name, Token::Other('[')) => {
                out.push(':');
                Before::Field
            }
            // A field's name, or the end of an extension's: `[name.of.extension] [`.
            (Before::Field, Token::Word) | (Before::Extension, Token::Other(']')) => Before::Name,
            (Before::Field, Token::Other('[')) | (Before::Extension, _) => Before::Extension,
            (_, Token::Other(':')) => Before::Value,
            _ => Before::Field,
        };
        out.push_str(piece);
        rest = tail;
    }
    out
}

/// What the text has come to.
#[derive(Clone, Copy)]
enum Before {
    /// A field's name, or whatever ends the message.
    Field,
    /// A colon, a list or a message: a name was read.
    Name,
    /// A value: a colon was read.
    Value,
    /// The rest of an extension's name, which stands in brackets.
    Extension,
}

/// A piece of a message's text.
#[derive(Clone, Copy)]
enum Token {
    /// White space, or a comment up to the end of its line.
    Blank,
    /// A name or a number.
    Word,
    /// A string, between two of these quotes.
    String(char),
    /// A sign by itself.
    Other(char),
}

impl Token {
    /// What the text begins with.
    ///
    /// `None` at the end of the text.
    fn first(text: &str) -> Option<Self> {
        let c = text.chars().next()?;
        Some(match c {
            '#' => Self::Blank,
            c if c.is_whitespace() => Self::Blank,
            '"' | '\'' => Self::String(c),
            c if is_word(c) => Self::Word,
            c => Self::Other(c),
        })
    }

    /// How long it is in the text.
    ///
    /// In bytes; what has no end goes as far as the text.
    fn len(self, text: &str) -> usize {
        let end = match self {
            Self::Blank if text.starts_with('#') => text.find('\n'),
            Self::Blank => text.find(|c: char| !c.is_whitespace()),
            Self::Word => text.find(|c| !is_word(c)),
            Self::String(quote) => string_end(text, quote),
            Self::Other(c) => Some(c.len_utf8()),
        };
        end.unwrap_or(text.len())
    }
}

/// Whether it is part of a name or a number.
fn is_word(c: char) -> bool {
    // Numbers are words too.
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+')
}

/// Where the string that the text begins with ends.
fn string_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::with_colons;

    #[test]
    fn lists_get_a_colon() {
        for (text, expected) in [
            ("more [ { } ]", "more :[ { } ]"),
            ("more[{a:1}, <b [2]>]", "more:[{a:1}, <b :[2]>]"),
            (
                "a: [1, 2] b: 'x [' c: T [e.x]: 1",
                "a: [1, 2] b: 'x [' c: T [e.x]: 1",
            ),
            (
                "[e.x] [{}]; f: \"\\\"[\" # g [\ng []",
                "[e.x] :[{}]; f: \"\\\"[\" # g [\ng :[]",
            ),
            (
                "a { [e.x] { b [] } } [e.y]: 2",
                "a { [e.x] { b :[] } } [e.y]: 2",
            ),
            (
                "a: -1.5 [e.x]: 'a' 'b' [e.y]: 1",
                "a: -1.5 [e.x]: 'a' 'b' [e.y]: 1",
            ),
        ] {
            assert_eq!(with_colons(text), expected);
        }
    }
}
