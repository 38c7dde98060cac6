//! What can go wrong between a `.proto` file and Rust.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; message M {}
//!     service S { rpc GetUrl(M) returns (M); rpc GetURL(M) returns (M); }";
//! # std::fs::write(&proto, text)?;
//! let build = ziggurat_build::configure().out_dir(dir.path());
//! assert_eq!(
//!     build.compile(&[&proto], &[dir.path()]).unwrap_err().to_string(),
//!     "service S: the RPCs `GetUrl` and `GetURL` are both named `get_url` in Rust; rename one"
//! );
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{error, fmt, io};

use ziggurat_text::untold;

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
    /// A `.proto` file is missing or wrong; the text names the file, the line and the column.
    ///
    /// An import that is in none of the include folders is one too.
    Proto(Box<dyn error::Error + Send + Sync>),
    /// The output cannot be written, or prost-build refuses a setting.
    ///
    /// Outside of a `build.rs` there is no `OUT_DIR`: set [`out_dir`](crate::Builder::out_dir).
    Write(io::Error),
    /// Two RPCs of a service have the same name in Rust, such as `GetUrl` and `GetURL`.
    MethodCollision {
        /// The service's full name.
        service: String,
        /// The first RPC, as the file has it.
        first: String,
        /// The second RPC, as the file has it.
        second: String,
        /// The name in Rust.
        name: String,
    },
    /// A type generated for a service has the name of another type of its module.
    ///
    /// [`stub_module`](crate::Builder::stub_module) keeps stubs apart from messages.
    TypeCollision {
        /// The service's full name.
        service: String,
        /// The name in Rust.
        name: String,
        /// What else has the name, such as `message cafe.v1.FooStub`.
        other: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // protox's Debug is its long form: file, line and column, then the message.
            Self::Proto(error) => write!(f, "{error:?}"),
            Self::Write(error) => write!(f, "cannot write the generated code: {error}"),
            Self::MethodCollision {
                service,
                first,
                second,
                name,
            } => write!(
                f,
                "service {service}: the RPCs `{first}` and `{second}` are both named `{name}` in Rust; rename one"
            ),
            Self::TypeCollision {
                service,
                name,
                other,
            } => write!(
                f,
                "service {service}: its type `{name}` collides with {other}; \
                 rename one, or put stubs into a module of their own with `stub_module`"
            ),
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
            Self::MethodCollision { .. } | Self::TypeCollision { .. } => return None,
        };
        untold(&self.to_string(), cause)
    }
}
