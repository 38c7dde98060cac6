//! What is called, and how.

use std::{collections::HashMap, env, net::SocketAddr, path::PathBuf, str::FromStr};

use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Unary, of bytes.
    Echo,
    /// Unary, of orders.
    Place,
    /// Streams of answers.
    Download,
    /// One stream of requests.
    Upload,
    /// One stream of requests, each sent when the one before was answered.
    Talk,
    /// Streams that begin and stay silent.
    Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    CurrentThread,
    /// With two workers.
    MultiThread,
}

/// What a program of the comparison is told: words `name=value`.
#[derive(Clone, Debug)]
pub struct Load {
    pub server: SocketAddr,
    /// The authority of the server's certificate; with it TLS is used.
    pub ca: Option<PathBuf>,
    pub shape: Shape,
    /// Bytes of data in a message.
    pub size: usize,
    /// How many messages the server puts into a DATA frame.
    pub pack: usize,
    /// How many messages one stream has, at most.
    pub stream: usize,
    /// How many calls are in flight, each in a task of its own.
    pub at_once: usize,
    /// How many channels, connected each, the calls are spread over.
    pub channels: usize,
    pub runtime: Runtime,
    /// Each call has a timeout of 5 s.
    pub timeout: bool,
    /// There are three layers between stub and channel.
    pub layers: bool,
    /// Messages are encoded and decoded, where the client does not always do that.
    pub typed: bool,
    /// Makes so many messages once, and ends; otherwise as many as each line of standard input says.
    pub once: Option<usize>,
}

impl Load {
    /// # Errors
    ///
    /// A word is missing, or is not one of ours.
    pub fn from_args() -> Result<Self> {
        let mut words = HashMap::new();
        for word in env::args().skip(1) {
            let (name, value) = word.split_once('=').ok_or("words are name=value")?;
            words.insert(name.to_owned(), value.to_owned());
        }
        let mut words = Words(words);
        let load = Self {
            server: words.get("server")?.ok_or("server= is missing")?,
            ca: words.get("ca")?,
            shape: words.get("shape")?.unwrap_or(Shape::Echo),
            size: words.get("size")?.unwrap_or(16),
            pack: words.get("pack")?.unwrap_or(1),
            stream: words.get("stream")?.unwrap_or(usize::MAX),
            at_once: words.get("at_once")?.unwrap_or(1),
            channels: words.get("channels")?.unwrap_or(1),
            runtime: words.get("runtime")?.unwrap_or(Runtime::CurrentThread),
            timeout: words.get("timeout")?.unwrap_or(false),
            layers: words.get("layers")?.unwrap_or(false),
            typed: words.get("typed")?.unwrap_or(false),
            once: words.get("once")?,
        };
        match words.0.into_keys().next() {
            Some(unknown) => Err(format!("there is no {unknown}=").into()),
            None => Ok(load),
        }
    }

    /// What stands before the path of each call.
    pub fn origin(&self) -> String {
        match self.ca {
            // The certificate is of this name.
            Some(_) => format!("https://localhost:{}", self.server.port()),
            None => format!("http://{}", self.server),
        }
    }
}

struct Words(HashMap<String, String>);

impl Words {
    fn get<T: FromStr>(&mut self, name: &str) -> Result<Option<T>>
    where
        T::Err: Into<crate::Error>,
    {
        let value = self.0.remove(name);
        value
            .map(|value| value.parse())
            .transpose()
            .map_err(Into::into)
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "echo" => Self::Echo,
            "place" => Self::Place,
            "download" => Self::Download,
            "upload" => Self::Upload,
            "talk" => Self::Talk,
            "hold" => Self::Hold,
            _ => return Err(format!("{word} is no shape")),
        })
    }
}

impl FromStr for Runtime {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "ct" => Ok(Self::CurrentThread),
            "mt2" => Ok(Self::MultiThread),
            _ => Err(format!("{word} is no runtime")),
        }
    }
}
