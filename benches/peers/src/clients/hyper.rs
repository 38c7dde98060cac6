//! hyper's HTTP/2 client as it comes: requests are made by hand.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use peers::{
    Client, Load, Result, Tally, check,
    raw::{Answer, Heads, Messages, Prost, Reader, Ready, check_status, sum, wish},
    tls,
    wire::{self, Counters},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};

fn main() -> Result {
    let load = Load::from_args()?;
    if load.typed {
        peers::main::<Hyper<Prost>>(&load)
    } else {
        peers::main::<Hyper<Ready>>(&load)
    }
}

#[derive(Clone)]
struct Hyper<M> {
    sender: SendRequest<Sent<M>>,
    heads: Heads,
    messages: M,
    load: Load,
}

impl<M: Messages + Unpin> Client for Hyper<M> {
    type Held = Incoming;

    async fn connect(load: &Load, counters: &Counters) -> Result<Self> {
        let stream = wire::open(load.server, counters).await?;
        let sender = match &load.ca {
            None => handshake(stream).await?,
            Some(ca) => handshake(tls::secure(stream, ca).await?).await?,
        };
        Ok(Self {
            sender,
            heads: Heads::new(load)?,
            messages: M::new(load),
            load: load.clone(),
        })
    }

    async fn echo(&mut self) -> Result<Tally> {
        let message = Sent::One(Some(self.messages.payload()));
        let body = self.call(self.heads.echo.clone(), message).await?;
        read(body, self.messages.reader(Answer::Payload)).await
    }

    async fn place(&mut self) -> Result<Tally> {
        let message = Sent::One(Some(self.messages.order()));
        let body = self.call(self.heads.place.clone(), message).await?;
        read(body, self.messages.reader(Answer::Order)).await
    }

    async fn download(&mut self, messages: usize) -> Result<Tally> {
        let wish = Sent::One(Some(wish(&self.load, messages)));
        let body = self.call(self.heads.download.clone(), wish).await?;
        read(body, self.messages.reader(Answer::Payload)).await
    }

    async fn upload(&mut self, messages: usize) -> Result<u64> {
        let sent = Sent::Many(self.messages.clone(), messages);
        let answer = self.call(self.heads.upload.clone(), sent).await?;
        let answer = answer.collect().await?;
        check_status(answer.trailers())?;
        sum(answer.to_bytes())
    }

    async fn talk(&mut self, messages: usize, mut answered: impl FnMut() + Send) -> Result<Tally> {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(self.messages.payload()).await?;
        let mut body = self
            .call(self.heads.talk.clone(), Sent::Slowly(receiver))
            .await?;
        let mut reader = self.messages.reader(Answer::Payload);
        let mut tally = Tally::default();
        for number in 1..=messages {
            while tally.messages < number {
                let frame = body.frame().await.ok_or("the server ended the call")??;
                let data = frame.into_data().map_err(|_| "the server ended the call")?;
                tally = reader.push(data)?;
            }
            answered();
            if number < messages {
                sender.send(self.messages.payload()).await?;
            }
        }
        drop(sender);
        let rest = read(body, reader).await?;
        check("talk", rest.messages.max(messages), messages)?;
        Ok(tally)
    }

    async fn hold(&mut self) -> Result<Incoming> {
        let wish = Sent::One(Some(wish(&self.load, 0)));
        self.call(self.heads.download.clone(), wish).await
    }
}

impl<M: Messages + Unpin> Hyper<M> {
    async fn call(&mut self, head: Request<()>, sent: Sent<M>) -> Result<Incoming> {
        let request = head.map(|()| sent);
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?.into_body())
    }
}

/// The body of a request.
enum Sent<M> {
    One(Option<Bytes>),
    /// So many messages more.
    Many(M, usize),
    Slowly(mpsc::Receiver<Bytes>),
}

impl<M: Messages + Unpin> Body for Sent<M> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match self.get_mut() {
            Self::One(message) => message.take(),
            Self::Many(_, 0) => None,
            Self::Many(messages, left) => {
                let (some, count) = messages.some(*left);
                *left -= count;
                Some(some)
            }
            Self::Slowly(receiver) => std::task::ready!(receiver.poll_recv(cx)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::One(None) | Self::Many(_, 0))
    }
}

async fn handshake<T, M>(stream: T) -> Result<SendRequest<Sent<M>>>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    M: Messages + Unpin,
{
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Reads an answer to its end.
async fn read(mut body: Incoming, mut reader: impl Reader) -> Result<Tally> {
    let mut tally = Tally::default();
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) => tally = reader.push(data)?,
            Err(frame) => check_status(frame.trailers_ref())?,
        }
    }
    Ok(tally)
}
