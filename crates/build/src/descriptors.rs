//! What code is made of: file descriptors, from `.proto` files or as protoc and buf write them.
//!
//! ```
//! # use prost::Message;
//! # let out = tempfile::tempdir()?;
//! // As `protoc --include_imports --include_source_info -o set.bin cafe.proto` writes it.
//! let set = protox::compile(["tests/proto/cafe.proto"], ["tests/proto"])?.encode_to_vec();
//! ziggurat_build::configure().out_dir(out.path()).compile_descriptors(&set)?;
//! assert!(out.path().join("cafe.v1.rs").exists());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{collections::HashSet, path::Path};

use prost::Message;
use prost_types::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet, source_code_info::Location,
};
use protox::{
    file::{FileResolver, GoogleFileResolver},
    prost_reflect::DescriptorPool,
};

use crate::{
    editions,
    options::{self, within},
    place::{Fault, Places},
    scope,
    sources::Sources,
    syntax,
};

/// Files in which each name is a full one.
pub(crate) struct Descriptors {
    /// Each behind those that it imports.
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The same as a `google.protobuf.FileDescriptorSet`, with the options that no type here holds.
    pub(crate) encoded: Vec<u8>,
    /// Where things stand; without lines if they came from a set.
    pub(crate) places: Places,
}

impl Descriptors {
    /// Reads `.proto` files and all that they import.
    ///
    /// # Errors
    ///
    /// A file cannot be found, read or parsed, or a name in one means nothing.
    pub(crate) fn from_sources(
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<Self, Fault> {
        let Sources {
            places, mut files, ..
        } = Sources::read(protos, includes)?;
        scope::qualify(&mut files);
        for file in &mut files {
            options::visit(file, &mut |_, option| options::make_readable(option));
        }
        let mut pool = DescriptorPool::new();
        if let Err(error) = pool.add_file_descriptor_protos(files) {
            let name = error.file().unwrap_or_default().to_owned();
            return Err(syntax::fault(error, &name, &places.file(&name)));
        }
        let files = pool.file_descriptor_protos().cloned().collect();
        Ok(Self {
            files,
            encoded: pool.encode_to_vec(),
            places,
        })
    }

    /// Reads a `google.protobuf.FileDescriptorSet`.
    ///
    /// Files of `google.protobuf` that it lacks are added; files of an edition become such of `proto3`.
    ///
    /// # Errors
    ///
    /// It is no such set, is empty, has a syntax that is not known, or lacks a file or a type that others refer to.
    pub(crate) fn from_set(set: &[u8]) -> Result<Self, Fault> {
        const PLACE: &str = "the descriptor set";
        let files = FileDescriptorSet::decode(set).map_err(|error| {
            let what = format!(
                "it is no google.protobuf.FileDescriptorSet: {error}; make it with `protoc -o` or `buf build -o`"
            );
            Fault::at(PLACE, what).caused_by(error)
        })?;
        let mut files = files.file;
        if files.is_empty() {
            return Err(Fault::at(
                PLACE,
                "it holds no file; name the files when it is made",
            ));
        }
        editions::lower(&mut files, set)?;
        let mut encoded = set.to_vec();
        let added = built_in(&files);
        encoded.extend(
            FileDescriptorSet {
                file: added.clone(),
            }
            .encode_to_vec(),
        );
        files.splice(..0, added);
        complete(&mut files)?;
        Ok(Self {
            files,
            encoded,
            places: Places::default(),
        })
    }
}

/// The files of `google.protobuf` that others import and the set does not have.
fn built_in(files: &[FileDescriptorProto]) -> Vec<FileDescriptorProto> {
    let google = GoogleFileResolver::new();
    let mut known: HashSet<String> = files.iter().map(|file| file.name().to_owned()).collect();
    let mut wanted: Vec<String> = files
        .iter()
        .flat_map(|file| file.dependency.clone())
        .collect();
    let mut added = Vec::new();
    while let Some(name) = wanted.pop() {
        if let (true, Ok(file)) = (known.insert(name.clone()), google.open_file(&name)) {
            let file = FileDescriptorProto::from(file);
            wanted.extend(file.dependency.iter().cloned());
            added.push(file);
        }
    }
    added
}

/// Checks what prost-build takes for granted, and adds the locations that it looks for.
fn complete(files: &mut [FileDescriptorProto]) -> Result<(), Fault> {
    let known: HashSet<&str> = files.iter().map(FileDescriptorProto::name).collect();
    for file in files.iter() {
        if let Some(import) = file
            .dependency
            .iter()
            .find(|name| !known.contains(&name[..]))
        {
            let what = format!(
                "it imports {import:?}, which the descriptor set lacks; make it with `--include_imports`"
            );
            return Err(Fault::at(file.name(), what));
        }
    }
    let mut types = HashSet::new();
    for file in files.iter() {
        types.extend(
            file.enum_type
                .iter()
                .map(|e| format!(".{}", within(file.package(), e.name()))),
        );
        for message in &file.message_type {
            collect(message, file.package(), &mut types);
        }
    }
    for file in files {
        let used = file.message_type.iter().flat_map(used_types);
        let methods = file.service.iter().flat_map(|service| &service.method);
        let called = methods.flat_map(|method| [method.input_type(), method.output_type()]);
        if let Some(name) = used.chain(called).find(|name| !types.contains(*name)) {
            let what = format!(
                "the type {name:?} is not in the descriptor set; make it with protoc or buf"
            );
            return Err(Fault::at(file.name(), what));
        }
        // To prost-build an empty package is one with an empty name.
        file.package.take_if(|package| package.is_empty());
        locate(file);
    }
    Ok(())
}

/// Adds the full names of a message and of all types in it.
fn collect(message: &DescriptorProto, scope: &str, types: &mut HashSet<String>) {
    let scope = within(scope, message.name());
    types.extend(
        message
            .enum_type
            .iter()
            .map(|e| format!(".{}", within(&scope, e.name()))),
    );
    for nested in &message.nested_type {
        collect(nested, &scope, types);
    }
    types.insert(format!(".{scope}"));
}

/// The types of all fields in a message.
fn used_types(message: &DescriptorProto) -> Box<dyn Iterator<Item = &str> + '_> {
    let own = message
        .field
        .iter()
        .filter_map(|field| field.type_name.as_deref());
    Box::new(own.chain(message.nested_type.iter().flat_map(used_types)))
}

/// Gives each element a location where there are any: prost-build looks for the comments of all.
fn locate(file: &mut FileDescriptorProto) {
    let Some(info) = &mut file.source_code_info else {
        return;
    };
    let mut elements = Vec::new();
    for (index, message) in (0..).zip(&file.message_type) {
        message_elements(message, &[4, index], &mut elements);
    }
    for (index, enumeration) in (0..).zip(&file.enum_type) {
        numbered(&[5, index], 2, enumeration.value.len(), &mut elements);
    }
    for (index, service) in (0..).zip(&file.service) {
        numbered(&[6, index], 2, service.method.len(), &mut elements);
    }
    let known: HashSet<_> = info
        .location
        .iter()
        .map(|location| location.path.clone())
        .collect();
    elements.retain(|path| !known.contains(path));
    info.location
        .extend(elements.into_iter().map(|path| Location {
            path,
            ..Location::default()
        }));
}

/// All in a message that may have a comment.
fn message_elements(message: &DescriptorProto, path: &[i32], elements: &mut Vec<Vec<i32>>) {
    numbered(path, 2, message.field.len(), elements);
    numbered(path, 8, message.oneof_decl.len(), elements);
    for (index, nested) in (0..).zip(&message.nested_type) {
        message_elements(nested, &[path, &[3, index]].concat(), elements);
    }
    for (index, enumeration) in (0..).zip(&message.enum_type) {
        numbered(
            &[path, &[4, index]].concat(),
            2,
            enumeration.value.len(),
            elements,
        );
    }
}

/// An element and the parts of it that stand in a field of this number.
fn numbered(path: &[i32], field: i32, count: usize, elements: &mut Vec<Vec<i32>>) {
    elements.push(path.to_owned());
    elements.extend(
        (0..)
            .take(count)
            .map(|index| [path, &[field, index]].concat()),
    );
}
