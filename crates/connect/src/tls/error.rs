//! What can be wrong with certificates, keys and options, before any server is asked.

use std::{
    convert::Infallible,
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::pki_types::InvalidDnsNameError;

use crate::{BoxError, target::NameConflict};

/// Why certificates, keys or options of TLS cannot be used.
///
/// The text names the file, if there is one, and what to do. It never contains anything of a key. Cloning is one
/// reference count.
///
/// ```
/// use ziggurat::tls::{Problem, Roots};
///
/// let error = Roots::pem_file("missing.pem").unwrap_err();
/// assert!(matches!(error.problem(), Problem::Read(_)));
/// assert_eq!(error.file().unwrap(), "missing.pem");
/// assert!(error.to_string().starts_with(r#"the root certificates in "missing.pem" cannot be read: "#));
/// ```
#[derive(Clone)]
pub struct TlsError(Arc<Failure>);

/// What an error holds; behind one reference count, since it is cloned and seldom read.
#[derive(Debug)]
struct Failure {
    /// What it is about.
    subject: Subject,
    /// What is wrong with it.
    problem: Problem,
}

/// What an error is about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Which of the settings.
    part: Part,
    /// The file that it was read from; `None` if it was given as it is.
    file: Option<PathBuf>,
}

/// Which of the settings an error is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// The options as a whole, or what belongs to none of the others.
    Options,
    /// The authorities that are trusted.
    Roots,
    /// The client's certificate and those that vouch for it.
    Chain,
    /// The client's private key.
    Key,
}

/// What is wrong with certificates, keys or options of TLS.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be read.
    Read(io::Error),
    /// There is nothing in it.
    Empty,
    /// It is no PEM: a section has no end, or is not in base64.
    Pem,
    /// There is no certificate in it.
    NoCertificate,
    /// A certificate is malformed, or of a kind that is not supported; the number counts from 1.
    Certificate(usize, BoxError),
    /// A certificate of the chain was not issued by the next; the number is that of the first such one, from 1.
    ChainOrder(usize),
    /// There is no private key in it.
    NoKey,
    /// The private key is encrypted.
    EncryptedKey,
    /// The private key is malformed, or of a kind that is not supported.
    Key,
    /// The private key is not that of the first certificate of the chain.
    KeyMismatch,
    /// The server name is neither a name nor an address.
    ServerName(InvalidDnsNameError),
    /// The server name cannot be another one than before.
    ServerNameChanged,
    /// An own configuration goes with roots, an identity or a verifier, which it has itself.
    OwnConfig,
    /// No roots were chosen, and the feature for those of the system is off.
    NoRoots,
    /// The system has no root certificates, or they cannot be read.
    SystemRoots(BoxError),
    /// No crypto provider is compiled in, and the process has none installed.
    NoProvider,
    /// The crypto provider can do neither TLS 1.2 nor 1.3, or refused the options.
    Provider(rustls::Error),
    /// The target is `http://`.
    Plaintext,
    /// The channel has an authority, and the server name is another one (I-32).
    Authority(NameConflict),
}

impl TlsError {
    /// An error about this subject.
    pub(super) fn new(subject: Subject, problem: Problem) -> Self {
        Self(Arc::new(Failure { subject, problem }))
    }

    /// An error about the options as a whole, of no file.
    pub(super) fn options(problem: Problem) -> Self {
        Self::new(Part::Options.given(), problem)
    }

    /// TLS options were given for a target that is `http://`.
    pub(super) fn plaintext() -> Self {
        Self::options(Problem::Plaintext)
    }

    /// The channel has an authority that is not the server name (I-32).
    pub(super) fn conflict(conflict: NameConflict) -> Self {
        Self::options(Problem::Authority(conflict))
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// The file that it is about, if it is one.
    pub fn file(&self) -> Option<&Path> {
        self.0.subject.file.as_deref()
    }
}

impl Part {
    /// What was given as it is.
    pub(super) fn given(self) -> Subject {
        Subject {
            part: self,
            file: None,
        }
    }

    /// What is in a file.
    pub(super) fn file(self, path: &Path) -> Subject {
        Subject {
            part: self,
            file: Some(path.to_owned()),
        }
    }
}

impl Subject {
    /// This is wrong with it.
    pub(super) fn error(&self, problem: Problem) -> TlsError {
        TlsError::new(self.clone(), problem)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.part {
            Part::Options => "the TLS options",
            Part::Roots => "the root certificates",
            Part::Chain => "the client certificate",
            Part::Key => "the client key",
        })?;
        match &self.file {
            Some(path) => write!(f, " in \"{}\"", path.display()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { subject, problem } = &*self.0;
        // Plural, singular and none.
        match problem {
            Problem::Read(error) => write!(f, "{subject} cannot be read: {error}"),
            Problem::Empty => write!(f, "{subject} cannot be used: there is nothing there"),
            Problem::Pem => write!(
                f,
                "{subject} cannot be read as PEM: a section has no end, or is not in base64"
            ),
            Problem::NoCertificate => write!(
                f,
                "{subject} cannot be used: there is no certificate; PEM begins with \
                 -----BEGIN CERTIFICATE-----"
            ),
            Problem::Certificate(number, error) => {
                write!(f, "{subject} cannot be used: certificate {number} is bad: {error}")
            }
            Problem::ChainOrder(number) => write!(
                f,
                "{subject} cannot be used: certificate {number} of the chain was not issued by the \
                 next; the client's own comes first, then the one that issued it, and so on"
            ),
            Problem::NoKey => write!(
                f,
                "{subject} cannot be used: there is no private key; PEM begins with -----BEGIN \
                 PRIVATE KEY-----, RSA PRIVATE KEY or EC PRIVATE KEY"
            ),
            Problem::EncryptedKey => write!(
                f,
                "{subject} cannot be used: it is encrypted; decrypt it, for example with \
                 `openssl pkey`"
            ),
            Problem::Key => write!(
                f,
                "{subject} cannot be used: it is malformed, or neither RSA, ECDSA nor Ed25519 as \
                 PKCS#8, PKCS#1 or SEC1"
            ),
            Problem::KeyMismatch => {
                write!(f, "{subject} does not belong to the first certificate of the chain")
            }
            Problem::ServerName(_) => {
                f.write_str("the TLS server name is neither a DNS name nor an IP address")
            }
            Problem::ServerNameChanged => f.write_str(
                "the TLS server name cannot be replaced: it is also the authority of the channel",
            ),
            Problem::OwnConfig => f.write_str(
                "an own rustls configuration has roots, identity and verifier itself: set them there",
            ),
            Problem::NoRoots => f.write_str(
                "there are no root certificates: enable the feature tls-native-roots of ziggurat, \
                 or set TlsOptions::roots",
            ),
            Problem::SystemRoots(error) => write!(
                f,
                "the root certificates of the system cannot be loaded: {error}; install them, or \
                 set TlsOptions::roots"
            ),
            Problem::NoProvider => f.write_str(
                "no crypto provider is compiled in: enable the feature tls-ring or tls-aws-lc of \
                 ziggurat, or install one with rustls' CryptoProvider::install_default",
            ),
            Problem::Provider(error) => write!(f, "the crypto provider cannot be used: {error}"),
            Problem::Authority(conflict) => conflict.fmt(f),
            Problem::Plaintext => f.write_str(
                "TLS options are for https:// and unix: targets, this one is plaintext: write https://",
            ),
        }
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for TlsError {
    /// What the text does not tell; [`problem`](TlsError::problem) has it all.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause: &(dyn Error + 'static) = match self.problem() {
            Problem::Read(error) => error,
            Problem::Certificate(_, error) | Problem::SystemRoots(error) => &**error,
            Problem::ServerName(error) => error,
            Problem::Provider(error) => error,
            _ => return None,
        };
        ziggurat_text::source(&self.to_string(), cause)
    }
}

/// For what cannot fail where options can.
impl From<Infallible> for TlsError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_options_that_cannot_be() {
        // I-1
        for (problem, text) in [
            (
                Problem::ServerNameChanged,
                "the TLS server name cannot be replaced: it is also the authority of the channel",
            ),
            (
                Problem::NoRoots,
                "there are no root certificates: enable the feature tls-native-roots of ziggurat, \
                 or set TlsOptions::roots",
            ),
            (
                Problem::NoProvider,
                "no crypto provider is compiled in: enable the feature tls-ring or tls-aws-lc of \
                 ziggurat, or install one with rustls' CryptoProvider::install_default",
            ),
            (
                Problem::Provider(rustls::Error::General("no".into())),
                "the crypto provider cannot be used: unexpected error: no",
            ),
            (
                Problem::SystemRoots("there are none".into()),
                "the root certificates of the system cannot be loaded: there are none; install \
                 them, or set TlsOptions::roots",
            ),
        ] {
            assert_eq!(TlsError::options(problem).to_string(), text);
        }
    }
}
