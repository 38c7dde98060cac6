use http::HeaderMap;
use ziggurat_protocol::{
    compression::{DEFAULT_COMPRESS_FROM, Encodings, Pooled},
    frame::{Decoder, Encoder},
    response::{GRPC_ACCEPT_ENCODING, GRPC_ENCODING},
};

/// How requests are compressed, and which compressed answers are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compression {
    requests: Option<Requests>,
    pub(crate) from: Option<usize>,
    answers: Answers,
}

/// What is read.
#[derive(Clone, Debug)]
enum Answers {
    /// These, and what the defaults say.
    Besides(Encodings),
    /// These, whatever the defaults say.
    Only(Encodings),
}

#[derive(Clone, Debug)]
enum Requests {
    Plain,
    With(Pooled),
}

impl Compression {
    /// What a stub begins with: nothing is compressed, and what is built in is read.
    pub(crate) fn built_in() -> Self {
        Self {
            answers: Answers::Besides(Encodings::built_in()),
            ..Self::default()
        }
    }

    pub(crate) fn compress_with(&mut self, encoding: Pooled) {
        self.requests = Some(Requests::With(encoding));
    }

    pub(crate) fn leave_plain(&mut self) {
        self.requests = Some(Requests::Plain);
    }

    pub(crate) fn accept(&mut self, encoding: Pooled) {
        let (Answers::Besides(answers) | Answers::Only(answers)) = &mut self.answers;
        *answers = answers.with(encoding);
    }

    pub(crate) fn accept_only(&mut self, encodings: Encodings) {
        self.answers = Answers::Only(encodings);
    }

    pub(crate) fn over(self, defaults: &Self) -> Self {
        let Self {
            requests,
            from,
            answers,
        } = self;
        Self {
            requests: requests.or_else(|| defaults.requests.clone()),
            from: from.or(defaults.from),
            answers: answers.over(&defaults.answers),
        }
    }

    /// Tells the server how messages come, and how they may.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        if let Some(encoding) = self.encoding() {
            headers.insert(GRPC_ENCODING, encoding.header());
        }
        if let Some(accept) = self.answers.encodings().accept() {
            headers.insert(GRPC_ACCEPT_ENCODING, accept.clone());
        }
    }

    /// What writes messages of up to so many bytes.
    pub(crate) fn encoder(&self, limit: usize) -> Encoder {
        let plain = Encoder::new(limit);
        match self.encoding() {
            Some(encoding) => {
                let from = self.from.unwrap_or(DEFAULT_COMPRESS_FROM);
                plain.compressing(encoding.clone(), from)
            }
            None => plain,
        }
    }

    /// What reads messages of up to so many bytes.
    pub(crate) fn decoder(self, limit: usize) -> Decoder {
        let (Answers::Besides(answers) | Answers::Only(answers)) = self.answers;
        Decoder::new(limit, answers)
    }

    fn encoding(&self) -> Option<&Pooled> {
        match self.requests.as_ref()? {
            Requests::Plain => None,
            Requests::With(encoding) => Some(encoding),
        }
    }
}

impl Answers {
    fn encodings(&self) -> &Encodings {
        let (Self::Besides(encodings) | Self::Only(encodings)) = self;
        encodings
    }

    fn over(self, defaults: &Self) -> Self {
        match (self, defaults) {
            (Self::Only(own), _) => Self::Only(own),
            (Self::Besides(own), Self::Only(only)) => Self::Only(own.over(only)),
            (Self::Besides(own), Self::Besides(others)) => Self::Besides(own.over(others)),
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::Besides(Encodings::none())
    }
}
