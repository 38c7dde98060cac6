//! What a proxy answers to CONNECT, read so that not a byte of what the server says behind it is lost.
//!
//! The head is looked at with `peek` before it is taken. Its length and its number of headers are bounded.

use httparse::{EMPTY_HEADER, Header, Response};
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::{
    error::{Failure, Status},
    server::Server,
};

/// How many bytes a proxy may send before it lets pass.
const LIMIT: usize = 16 * 1024;

/// How many headers an answer may have.
const MAX_HEADERS: usize = 128;

/// The proxy wants credentials, or others than it got.
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// What a proxy says to CONNECT.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status line.
    status: Status,
    /// The schemes of authentication that it takes.
    schemes: Vec<Box<str>>,
}

impl Answer {
    /// Reads the final answer, and no byte of what follows: the server may have spoken already.
    pub(super) async fn read(stream: &mut TcpStream) -> Result<Self, Failure> {
        let (mut head, mut taken) = (Vec::new(), 0);
        while taken < LIMIT {
            let known = head.len();
            let mut seen = [0; 1024];
            // What is only looked at stays in the stream.
            let length = stream.peek(&mut seen).await.map_err(Failure::Lost)?;
            if length == 0 {
                return Err(Failure::Closed);
            }
            head.extend_from_slice(&seen[..length]);
            let parsed = Self::parse(&head).map_err(Failure::NotHttp)?;
            let end = parsed.as_ref().map_or(head.len(), |(_, end)| *end);
            let of_head = &mut seen[..end - known];
            stream.read_exact(of_head).await.map_err(Failure::Lost)?;
            taken += of_head.len();
            match parsed {
                Some((answer, _)) if !answer.is_interim() => return Ok(answer),
                Some(_) => head.clear(),
                None => {}
            }
        }
        Err(Failure::TooLong(LIMIT))
    }

    /// The answer and where it ends, if all of it is there.
    ///
    /// `None` asks for more bytes: what there is so far may become an answer.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, httparse::Error> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = Response::new(&mut headers);
        let httparse::Status::Complete(end) = response.parse(bytes)? else {
            return Ok(None);
        };
        let status = Status {
            code: response.code.unwrap_or_default(),
            reason: response.reason.unwrap_or_default().into(),
        };
        let schemes = response.headers.iter().filter_map(scheme).collect();
        Ok(Some((Self { status, schemes }, end)))
    }

    /// Whether another answer follows (1xx), which is the one that counts.
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status.code)
    }

    /// Whether the stream leads to the server now.
    pub(super) fn check(self, proxy: &Server, server: &str) -> Result<(), Failure> {
        let Self { status, schemes } = self;
        match status.code {
            200..300 => Ok(()),
            PROXY_AUTHENTICATION_REQUIRED => Err(Failure::Unauthorized {
                had_credentials: proxy.authorization.is_some(),
                status,
                schemes,
            }),
            _ => Err(Failure::Refused {
                server: server.into(),
                status,
            }),
        }
    }
}

/// The first word of a `Proxy-Authenticate`.
fn scheme(header: &Header<'_>) -> Option<Box<str>> {
    if !header.name.eq_ignore_ascii_case("proxy-authenticate") {
        return None;
    }
    let value = std::str::from_utf8(header.value).ok()?;
    value.split_whitespace().next().map(Into::into)
}
