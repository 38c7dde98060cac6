use std::{
    error::Error,
    fmt, fs,
    io::{self, ErrorKind},
    os::unix::fs::FileTypeExt,
    path::{self, Path, PathBuf},
};

use crate::{Target, target::Place};

/// Why a unix socket was not connected to.
///
/// The text says what is wrong with which file (D-27); a relative path is shown as the absolute one that was looked
/// for. The source is the `io::Error`.
///
/// ```
/// use std::error::Error;
/// use tower_service::Service;
/// use ziggurat::channel::{Target, Unix};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = Unix::new().call(Target::unix("/")?).await.unwrap_err();
/// assert_eq!(error.to_string(), "/ is no socket: Connection refused (os error 111)");
/// assert!(error.source().unwrap().is::<std::io::Error>());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnixError(Failure);

/// What went wrong.
#[derive(Debug)]
enum Failure {
    /// The target leads elsewhere, and this connector has only unix sockets.
    NotUnix(Target),
    /// The system refused, for what was made of its error.
    Refused(Cause, io::Error),
}

/// What the system's error means.
#[derive(Debug)]
enum Cause {
    /// Nothing is at this path: the server has not started, or the path is another one.
    NoFile(PathBuf),
    /// The socket, or a folder on the way to it, is not for this user.
    NoPermission(PathBuf),
    /// There is a file, but of another kind.
    NoSocket(PathBuf),
    /// There is a socket that nobody listens on: its server is gone and left it behind.
    NoListener(PathBuf),
    /// Nobody listens on this abstract name, which has no file that could be looked at.
    NoName(Box<str>),
    /// Something else, which the system's own words must tell.
    Other(Target),
}

impl UnixError {
    /// The error for a target that leads elsewhere.
    pub(super) fn not_unix(target: Target) -> Self {
        Self(Failure::NotUnix(target))
    }

    /// The error for what the system said; looks at the file once more to tell why.
    pub(super) fn refused(target: Target, error: io::Error) -> Self {
        Self(Failure::Refused(Cause::of(target, &error), error))
    }
}

impl Cause {
    /// What the system's error means for this target.
    fn of(target: Target, error: &io::Error) -> Self {
        let path = match target.place() {
            Place::Unix(path) => path,
            Place::UnixAbstract(name) if error.kind() == ErrorKind::ConnectionRefused => {
                return Self::NoName(name.into());
            }
            _ => return Self::Other(target),
        };
        let cause = match error.kind() {
            ErrorKind::NotFound => Self::NoFile,
            ErrorKind::PermissionDenied => Self::NoPermission,
            ErrorKind::ConnectionRefused if is_socket(path) => Self::NoListener,
            ErrorKind::ConnectionRefused => Self::NoSocket,
            _ => return Self::Other(target),
        };
        cause(path::absolute(path).unwrap_or_else(|_| path.to_owned()))
    }
}

/// Whether the file is a socket, for the system says the same of one without a listener and of another file.
fn is_socket(path: &Path) -> bool {
    // It was just looked for, so this takes no longer than connecting did.
    fs::metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile(path) => write!(f, "there is no file {}", path.display()),
            Self::NoPermission(path) => {
                let path = path.display();
                write!(f, "this process may not write to {path}, or not reach it")
            }
            Self::NoSocket(path) => write!(f, "{} is no socket", path.display()),
            Self::NoListener(path) => write!(f, "nobody listens on {}", path.display()),
            Self::NoName(name) => write!(f, "nobody listens on the abstract name {name:?}"),
            Self::Other(target) => write!(f, "{target} cannot be opened"),
        }
    }
}

impl fmt::Display for UnixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Failure::NotUnix(target) => {
                write!(
                    f,
                    "{target} is no unix socket, and this channel connects to no other"
                )
            }
            Failure::Refused(cause, error) => write!(f, "{cause}: {error}"),
        }
    }
}

impl Error for UnixError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Failure::NotUnix(_) => None,
            Failure::Refused(_, error) => Some(error),
        }
    }
}
