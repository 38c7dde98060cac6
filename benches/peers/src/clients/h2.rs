//! h2 alone: requests are made by hand, and a task drives the connection.

use std::future::poll_fn;

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{Builder, SendRequest},
};
use http::Request;
use peers::{
    Client, Load, Result, Tally, check,
    raw::{Answer, Heads, Messages, Prost, Reader, Ready, check_status, sum, wish},
    tls,
    wire::{self, Counters},
};
use tokio::io::{AsyncRead, AsyncWrite};

fn main() -> Result {
    let load = Load::from_args()?;
    if load.typed {
        peers::main::<H2<Prost>>(&load)
    } else {
        peers::main::<H2<Ready>>(&load)
    }
}

#[derive(Clone)]
struct H2<M> {
    sender: SendRequest<Bytes>,
    heads: Heads,
    messages: M,
    load: Load,
}

impl<M: Messages> Client for H2<M> {
    type Held = (SendStream<Bytes>, RecvStream);

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
        let (_, body) = self
            .call(self.heads.echo.clone(), self.messages.payload())
            .await?;
        read(body, self.messages.reader(Answer::Payload)).await
    }

    async fn place(&mut self) -> Result<Tally> {
        let (_, body) = self
            .call(self.heads.place.clone(), self.messages.order())
            .await?;
        read(body, self.messages.reader(Answer::Order)).await
    }

    async fn download(&mut self, messages: usize) -> Result<Tally> {
        let wish = wish(&self.load, messages);
        let (_, body) = self.call(self.heads.download.clone(), wish).await?;
        read(body, self.messages.reader(Answer::Payload)).await
    }

    async fn upload(&mut self, messages: usize) -> Result<u64> {
        let mut sender = self.sender.clone().ready().await?;
        let (answer, mut stream) = sender.send_request(self.heads.upload.clone(), false)?;
        let mut left = messages;
        while left > 0 {
            let (some, count) = self.messages.some(left);
            left -= count;
            send(&mut stream, some).await?;
        }
        stream.send_data(Bytes::new(), true)?;
        let mut body = answer.await?.into_body();
        let bytes = body.data().await.ok_or("the server counted nothing")??;
        body.flow_control().release_capacity(bytes.len())?;
        if let Some(more) = body.data().await {
            check("the end of an answer", more?.len(), 0)?;
        }
        check_status(body.trailers().await?.as_ref())?;
        sum(bytes)
    }

    async fn talk(&mut self, messages: usize, mut answered: impl FnMut() + Send) -> Result<Tally> {
        let mut sender = self.sender.clone().ready().await?;
        let (answer, mut stream) = sender.send_request(self.heads.talk.clone(), false)?;
        stream.send_data(self.messages.payload(), false)?;
        let mut body = answer.await?.into_body();
        let mut reader = self.messages.reader(Answer::Payload);
        let mut tally = Tally::default();
        for number in 1..=messages {
            while tally.messages < number {
                let data = body.data().await.ok_or("the server ended the call")??;
                body.flow_control().release_capacity(data.len())?;
                tally = reader.push(data)?;
            }
            answered();
            if number < messages {
                stream.send_data(self.messages.payload(), false)?;
            }
        }
        stream.send_data(Bytes::new(), true)?;
        let rest = read(body, reader).await?;
        check("talk", rest.messages.max(messages), messages)?;
        Ok(tally)
    }

    async fn hold(&mut self) -> Result<Self::Held> {
        self.call(self.heads.download.clone(), wish(&self.load, 0))
            .await
    }
}

impl<M> H2<M> {
    /// Sends a request of one message; gives what came after the headers.
    async fn call(
        &self,
        head: Request<()>,
        message: Bytes,
    ) -> Result<(SendStream<Bytes>, RecvStream)> {
        let mut sender = self.sender.clone().ready().await?;
        let (answer, mut stream) = sender.send_request(head, false)?;
        stream.send_data(message, true)?;
        Ok((stream, answer.await?.into_body()))
    }
}

async fn handshake<T>(stream: T) -> Result<SendRequest<Bytes>>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = Builder::new()
        // hyper's defaults; those of h2 are for other purposes.
        .initial_window_size(2 << 20)
        .initial_connection_window_size(5 << 20)
        .max_header_list_size(16 << 10)
        .max_frame_size(16 << 10)
        .max_send_buffer_size(1 << 20)
        .enable_push(false)
        .handshake(stream)
        .await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Reads an answer to its end.
async fn read(mut body: RecvStream, mut reader: impl Reader) -> Result<Tally> {
    let mut tally = Tally::default();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        tally = reader.push(data)?;
    }
    check_status(body.trailers().await?.as_ref())?;
    Ok(tally)
}

/// Sends when there is room.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = poll_fn(|cx| stream.poll_capacity(cx)).await;
        let room = room.ok_or("the server is gone")??;
        stream.send_data(data.split_to(room.min(data.len())), false)?;
    }
    Ok(())
}
