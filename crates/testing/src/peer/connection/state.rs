//! What a connection's script and its task share.

use std::task::Waker;

use bytes::{Buf, BytesMut};

use super::{Control, Options, windows::Windows};
use crate::peer::{Frame, Kind, PeerError, RawFrame, Reason, Setting, Settings, decode::Decoder};

/// Holds both directions of one connection, without I/O.
pub(super) struct State {
    /// All that the client sent, in order; a script looks through it again and again.
    pub(super) frames: Vec<Frame>,
    /// What becomes of what the client sends.
    pub(super) input: Input,
    /// What becomes of what is queued.
    pub(super) output: Output,
    /// Whether a script still decides.
    pub(super) owner: Owner,
    /// Wakes the task that moves the bytes.
    pub(super) driver: Option<Waker>,
    /// What the client may send: what this side granted, less what arrived.
    pub(super) inbound: Windows,
    /// What the client lets this side send.
    pub(super) outbound: Windows,
    /// The longest payload that the client takes, in bytes.
    pub(super) client_max_frame_size: usize,
    /// What is answered without the script.
    pub(super) options: Options,
    /// What arrived in part.
    decoder: Decoder,
    /// What is queued and not written.
    pending: BytesMut,
    /// How many bytes were ever queued.
    queued: u64,
    /// How many of them were written.
    written: u64,
}

/// What happens to bytes from the client.
///
/// ```text
/// Reading ◀──script──▶ Stopped
///    └──EOF, I/O error, bytes that are not HTTP/2──▶ Ended
/// ```
pub(super) enum Input {
    /// They are read as they come.
    Reading,
    /// They are left where they are, until the script reads again: the client's writes come to a halt.
    Stopped,
    /// Nothing is read any more, for this reason.
    Ended(PeerError),
}

/// What happens to bytes for the client.
pub(super) enum Output {
    /// They are written as they are queued.
    Open,
    /// The rest is written, then the direction is shut down.
    Closing,
    /// Nothing is written any more, for this reason.
    Ended(PeerError),
}

/// Who decides about the end.
pub(super) enum Owner {
    /// A script has the connection.
    Script,
    /// The script let go: the connection ends when the client ends it.
    Nobody,
    /// The script tore the connection down.
    Torn,
}

impl State {
    /// Of a connection that was just accepted, with the windows and sizes that the protocol begins with.
    pub(super) fn new(options: Options) -> Self {
        Self {
            frames: Vec::new(),
            input: Input::Reading,
            output: Output::Open,
            owner: Owner::Script,
            driver: None,
            inbound: Windows::new(),
            outbound: Windows::new(),
            client_max_frame_size: 16_384,
            options,
            decoder: Decoder::new(),
            pending: BytesMut::new(),
            queued: 0,
            written: 0,
        }
    }

    /// Fails when nothing can be sent any more.
    pub(super) fn writable(&self) -> Result<(), PeerError> {
        match &self.output {
            Output::Open => Ok(()),
            Output::Closing => Err(PeerError::Closed),
            Output::Ended(error) => Err(error.clone()),
        }
    }

    /// Queues a frame and counts what it means for flow control.
    pub(super) fn queue(&mut self, frame: &RawFrame) {
        match frame.kind {
            Kind::DATA => self.outbound.spend(frame.stream, frame.payload.len()),
            Kind::WINDOW_UPDATE => {
                let increment = frame.payload.clone().try_get_u32().unwrap_or_default();
                self.inbound.gain(frame.stream, increment & 0x7fff_ffff);
            }
            Kind::SETTINGS if !frame.has(RawFrame::ACK) => {
                let settings = Settings::from_payload(&frame.payload);
                self.inbound.announced(&settings);
                self.decoder.announced(&settings);
            }
            _ => {}
        }
        self.queue_bytes(&frame.encode());
    }

    /// Queues bytes that need not be a frame.
    pub(super) fn queue_bytes(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        self.queued = self.queued.wrapping_add(bytes.len() as u64);
    }

    /// How many bytes were ever queued: a mark to wait for.
    pub(super) fn mark(&self) -> u64 {
        self.queued
    }

    /// Says whether the bytes up to a mark were written, or never will be.
    pub(super) fn reached(&self, mark: u64) -> Option<Result<(), PeerError>> {
        if self.written >= mark {
            return Some(Ok(()));
        }
        match &self.output {
            Output::Ended(error) => Some(Err(error.clone())),
            Output::Open | Output::Closing => None,
        }
    }

    /// The bytes to write next.
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.pending
    }

    /// So many of them were written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.pending.advance(bytes);
        self.written = self.written.wrapping_add(bytes as u64);
    }

    /// Takes bytes of the client: logs their frames and queues the automatic answers.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
        loop {
            match self.decoder.next() {
                Ok(Some(frame)) => self.record(frame),
                Ok(None) => return,
                Err(error) => {
                    self.input = Input::Ended(error);
                    return;
                }
            }
        }
    }

    /// Answers a frame, if that is automatic, and keeps it for the script.
    fn record(&mut self, frame: Frame) {
        self.answer(&frame);
        self.frames.push(frame);
    }

    /// Follows what a frame means for this side, and queues what the options have it answer by itself.
    fn answer(&mut self, frame: &Frame) {
        match frame {
            Frame::Settings(settings) => {
                self.outbound.announced(settings);
                if let Some(size) = settings.get(Setting::MAX_FRAME_SIZE) {
                    self.client_max_frame_size = usize::try_from(size).unwrap_or(usize::MAX);
                }
                if self.options.settings_acks == Control::Automatic {
                    self.queue(&RawFrame::settings_ack());
                }
            }
            Frame::Ping(payload) if self.options.ping_acks == Control::Automatic => {
                self.queue(&RawFrame::ping_ack(*payload));
            }
            Frame::WindowUpdate { stream, increment } => self.outbound.gain(*stream, *increment),
            Frame::Data {
                stream,
                bytes,
                padding,
                ..
            } => {
                let padding = padding.map_or(0, |padding| usize::from(padding) + 1);
                self.account(*stream, bytes.len() + padding, frame.is_end_stream());
            }
            _ => {}
        }
    }

    /// Counts DATA against the windows, with its padding, and gives the windows back if that is automatic.
    ///
    /// A stream that has ended gets none back: a client may refuse the frame.
    fn account(&mut self, stream: u32, bytes: usize, end_stream: bool) {
        self.inbound.spend(stream, bytes);
        let increment = u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.options.windows == Control::Automatic && increment > 0 {
            self.queue(&RawFrame::window_update(0, increment));
            if !end_stream {
                self.queue(&RawFrame::window_update(stream, increment));
            }
        }
    }

    /// The client's frames on one stream.
    pub(super) fn frames_of(&self, stream: u32) -> impl Iterator<Item = &Frame> {
        self.frames
            .iter()
            .filter(move |frame| frame.stream() == stream)
    }

    /// The code with which the client reset a stream.
    pub(super) fn reset_of(&self, stream: u32) -> Option<Reason> {
        self.frames_of(stream).find_map(|frame| match frame {
            Frame::Reset { reason, .. } => Some(*reason),
            _ => None,
        })
    }

    /// Wakes the task of the connection, if it sleeps. To be called after whatever gives it something to do.
    pub(super) fn wake_driver(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.wake();
        }
    }
}
