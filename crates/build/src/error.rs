//! What can go wrong between a `.proto` file and Rust.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; message M {}
//!     service S { rpc GetUrl(M) returns (M); rpc GetURL(M) returns (M); }";
//! # std::fs::write(&proto, text)?;
//! let build = ziggurat_build::configure().out_dir(dir.path());
//! let error = build.compile(&[&proto], &[dir.path()]).unwrap_err().to_string();
//! assert!(error.starts_with(&format!("{}:2:48: ", proto.display())), "{error}");
//! assert!(error.ends_with("are both named `get_url` in Rust; rename one"), "{error}");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{error, fmt, io};

/// Says why stubs could not be generated.
///
/// Its `Debug` is the same text as its `Display`, because that is what cargo shows when `main` of a
/// `build.rs` returns it.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let proto = dir.path().join("a.proto");
/// # std::fs::write(&proto, "syntax = 'proto3';\nmessage M { Beans beans = 1; }")?;
/// # let build = ziggurat_build::configure().out_dir(dir.path());
/// # let compiled = build.compile(&[&proto], &[dir.path()]);
/// // a.proto: message M { Beans beans = 1; }
/// let Err(ziggurat_build::Error::Proto(error)) = compiled else { panic!() };
/// assert!(error.to_string().contains("Beans"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum Error {
    /// A `.proto` file or a descriptor set is missing or wrong; the text names the file, the line and the column.
    ///
    /// An import that is in none of the include folders is one too. A file that protoc takes can go through protoc:
    /// [`compile_descriptors`](crate::Builder::compile_descriptors).
    Proto(Box<dyn error::Error + Send + Sync>),
    /// The output cannot be written; the text names the file.
    Write(io::Error),
    /// A setting cannot work: it is for protoc, which does not run, or what it says is no Rust.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path()).crate_path("not a path");
    /// # let compiled = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    /// // .crate_path("not a path")
    /// let Err(ziggurat_build::Error::Setting { name, reason }) = compiled else { panic!() };
    /// assert_eq!(name, "crate_path");
    /// assert!(reason.starts_with("\"not a path\" is no path of a Rust crate"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    Setting {
        /// The method that set it.
        name: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// Two names become one in Rust, such as those of the RPCs `GetUrl` and `GetURL`.
    Collision(Box<Collision>),
}

/// Says which two names become one in Rust.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let proto = dir.path().join("a.proto");
/// # std::fs::write(&proto, "package a;\nmessage foo_bar {}\nmessage FooBar {}")?;
/// # let build = ziggurat_build::configure().out_dir(dir.path());
/// # let compiled = build.compile(&[&proto], &[dir.path()]);
/// // package a;
/// // message foo_bar {}
/// // message FooBar {}
/// let Err(ziggurat_build::Error::Collision(collision)) = compiled else { panic!() };
/// assert_eq!(collision.first, "message `a.foo_bar`");
/// assert_eq!(collision.second, "message `a.FooBar`");
/// assert!(collision.second_place.ends_with("a.proto:3:9"));
/// assert_eq!(collision.name, "FooBar");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collision {
    /// The first, with its full name, such as `` message `cafe.v1.FooStub` ``.
    pub first: String,
    /// Where the first stands: its file, line and column.
    pub first_place: String,
    /// The second, with its full name.
    pub second: String,
    /// Where the second stands.
    pub second_place: String,
    /// The name in Rust.
    pub name: String,
    /// What to do.
    pub remedy: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proto(error) => write!(f, "{error}"),
            Self::Write(error) => write!(f, "cannot write the generated code: {error}"),
            Self::Setting { name, reason } => write!(f, "the setting `{name}`: {reason}"),
            Self::Collision(collision) => write!(f, "{collision}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        let cause: &(dyn error::Error + 'static) = match self {
            Self::Proto(error) => &**error,
            Self::Write(error) => error,
            Self::Setting { .. } | Self::Collision(_) => return None,
        };
        ziggurat_text::source(&self.to_string(), cause)
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            first,
            first_place,
            second,
            second_place,
            name,
            remedy,
        } = self;
        write!(
            f,
            "{second_place}: {second} and {first} ({first_place}) are both named `{name}` in Rust; {remedy}"
        )
    }
}
