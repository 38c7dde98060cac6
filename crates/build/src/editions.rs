//! Reads files of an edition as if they had the syntax `proto3`, which says the same in another way.
//!
//! What a file's features say of its fields becomes what prost-build knows: `optional`, `required`, `packed` and
//! groups. `prost-types` has no features, so they are read from the bytes of the descriptor set.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! // As protoc writes: edition = "2023"; message M { string s = 1; }
//! let file = b"\x0a\x07a.proto\x22\x0e\x0a\x01M\x12\x09\x0a\x01s\x18\x01\x20\x01\x28\x09b\x08editions\x70\xe8\x07";
//! let set = [&[0x0a, file.len() as u8], &file[..]].concat();
//! ziggurat_build::configure().out_dir(out.path()).compile_descriptors(&set)?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("pub s: ::core::option::Option<"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::{place::Fault, walk};

/// Changes the files of an edition; the set they were read from tells their features.
pub(crate) fn lower(files: &mut [FileDescriptorProto], set: &[u8]) -> Result<(), Fault> {
    let raw = raw::Set::decode(set).map_err(|error| {
        let what = format!("its features cannot be read: {error}");
        Fault::at("the descriptor set", what).caused_by(error)
    })?;
    for (file, raw) in files.iter_mut().zip(&raw.file) {
        match file.syntax.as_deref() {
            None | Some("proto2" | "proto3") => {}
            Some("editions") if raw::KNOWN.contains(&raw.edition) => lower_file(file, raw),
            Some(syntax) => {
                let what = format!(
                    "its syntax is {syntax:?} of edition {}; \"proto2\", \"proto3\" and the editions 2023 and 2024 are known",
                    raw.edition
                );
                return Err(Fault::at(file.name(), what));
            }
        }
    }
    Ok(())
}

/// Gives a file the syntax `proto3`, and its fields what that does not say.
fn lower_file(file: &mut FileDescriptorProto, raw: &raw::File) {
    let features =
        Features::BY_DEFAULT.with(raw.options.as_ref().and_then(|o| o.features.as_ref()));
    file.syntax = Some("proto3".to_owned());
    for (message, raw) in file.message_type.iter_mut().zip(&raw.message_type) {
        lower_message(message, raw, features);
    }
}

/// Goes into a message with the features around it.
fn lower_message(message: &mut DescriptorProto, raw: &raw::Message, around: Features) {
    // The fields of a map's entries are always the same.
    if walk::is_map_entry(message) {
        return;
    }
    let own = raw.options.as_ref().and_then(|o| o.features.as_ref());
    let features = around.with(own);
    let entries = message.nested_type.iter().filter(|m| walk::is_map_entry(m));
    let entries: Vec<_> = entries.map(|entry| entry.name().to_owned()).collect();
    for (field, raw) in message.field.iter_mut().zip(&raw.field) {
        let type_name = field.type_name().rsplit('.').next().unwrap_or_default();
        if !entries.iter().any(|entry| entry == type_name) {
            let own = raw.options.as_ref().and_then(|o| o.features.as_ref());
            lower_field(field, features.with(own));
        }
    }
    for (nested, raw) in message.nested_type.iter_mut().zip(&raw.nested_type) {
        lower_message(nested, raw, features);
    }
}

/// Writes a field's features in the words of `proto3` and `proto2`.
fn lower_field(field: &mut FieldDescriptorProto, features: Features) {
    let is_message = field.r#type() == Type::Message;
    if features.encoding == raw::DELIMITED && is_message {
        field.set_type(Type::Group);
    }
    if field.label() == Label::Repeated {
        if features.repeated == raw::EXPANDED {
            field.options.get_or_insert_default().packed = Some(false);
        }
    } else if field.oneof_index.is_none() {
        match features.presence {
            raw::LEGACY_REQUIRED => field.set_label(Label::Required),
            // A message is there or not, whatever is said.
            raw::IMPLICIT if !is_message => {}
            _ => field.proto3_optional = Some(true),
        }
    }
}

/// What holds for a field, after all around it had its say.
#[derive(Clone, Copy)]
struct Features {
    /// Whether a field that was not set can be told from one with its default.
    presence: i32,
    /// Whether numbers in a list are packed.
    repeated: i32,
    /// Whether a message has its length in front or its end behind it, as groups have.
    encoding: i32,
}

impl Features {
    /// What the editions 2023 and 2024 begin with.
    const BY_DEFAULT: Self = Self {
        presence: raw::EXPLICIT,
        repeated: raw::PACKED,
        encoding: raw::LENGTH_PREFIXED,
    };

    /// What holds where some is said anew.
    fn with(self, own: Option<&raw::FeatureSet>) -> Self {
        let Some(own) = own else { return self };
        Self {
            presence: own.field_presence.unwrap_or(self.presence),
            repeated: own.repeated_field_encoding.unwrap_or(self.repeated),
            encoding: own.message_encoding.unwrap_or(self.encoding),
        }
    }
}

/// The parts of `descriptor.proto` that hold features.
mod raw {
    /// The numbers of the editions 2023 and 2024.
    pub(super) const KNOWN: [i32; 2] = [1000, 1001];

    /// Of `field_presence`: the field knows whether it was set.
    pub(super) const EXPLICIT: i32 = 1;
    /// Of `field_presence`: the default is as good as nothing.
    pub(super) const IMPLICIT: i32 = 2;
    /// Of `field_presence`: as `required` in proto2.
    pub(super) const LEGACY_REQUIRED: i32 = 3;
    /// Of `repeated_field_encoding`: one length for all.
    pub(super) const PACKED: i32 = 1;
    /// Of `repeated_field_encoding`: each with its tag.
    pub(super) const EXPANDED: i32 = 2;
    /// Of `message_encoding`: as messages are by default.
    pub(super) const LENGTH_PREFIXED: i32 = 1;
    /// Of `message_encoding`: between two tags, as a group.
    pub(super) const DELIMITED: i32 = 2;

    /// `FileDescriptorSet`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Set {
        #[prost(message, repeated, tag = "1")]
        pub(super) file: Vec<File>,
    }

    /// `FileDescriptorProto`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct File {
        #[prost(message, repeated, tag = "4")]
        pub(super) message_type: Vec<Message>,
        #[prost(message, optional, tag = "8")]
        pub(super) options: Option<FileOptions>,
        #[prost(int32, tag = "14")]
        pub(super) edition: i32,
    }

    /// `FileOptions`; what it says holds for the whole file.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct FileOptions {
        #[prost(message, optional, tag = "50")]
        pub(super) features: Option<FeatureSet>,
    }

    /// `DescriptorProto`. Enums and extensions have features too, which change nothing of the code.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Message {
        #[prost(message, repeated, tag = "2")]
        pub(super) field: Vec<Field>,
        #[prost(message, repeated, tag = "3")]
        pub(super) nested_type: Vec<Message>,
        #[prost(message, optional, tag = "7")]
        pub(super) options: Option<MessageOptions>,
    }

    /// `MessageOptions`; what it says holds for the fields, and for messages inside.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct MessageOptions {
        #[prost(message, optional, tag = "12")]
        pub(super) features: Option<FeatureSet>,
    }

    /// `FieldDescriptorProto`.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Field {
        #[prost(message, optional, tag = "8")]
        pub(super) options: Option<FieldOptions>,
    }

    /// `FieldOptions`; what it says goes before all else.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct FieldOptions {
        #[prost(message, optional, tag = "21")]
        pub(super) features: Option<FeatureSet>,
    }

    /// `FeatureSet`, as far as it changes the code. What is `None` is as around it.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct FeatureSet {
        #[prost(int32, optional, tag = "1")]
        pub(super) field_presence: Option<i32>,
        #[prost(int32, optional, tag = "3")]
        pub(super) repeated_field_encoding: Option<i32>,
        #[prost(int32, optional, tag = "5")]
        pub(super) message_encoding: Option<i32>,
    }
}
