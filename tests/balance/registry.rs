//! A resolver that tells what a test says, at the moment in which it says it.

use std::{
    borrow::Cow,
    error::Error,
    task::{Context, Poll},
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use ziggurat::balance::{Endpoint, Resolver, resolve::Resolution};

use crate::town::endpoints;

/// What a resolver tells.
#[derive(Debug)]
pub(crate) enum Tells {
    /// These servers of the town.
    Servers(Vec<u16>),
    These(Vec<Endpoint>),
    Answer(Resolution),
    Error(&'static str),
    Panic(&'static str),
    End,
}

/// Called `the registry`. It tells nothing by itself.
pub(crate) struct Registry {
    brings_config: bool,
    tells: mpsc::UnboundedReceiver<Tells>,
    heard: mpsc::UnboundedSender<Result<(), String>>,
    asked: watch::Sender<usize>,
}

/// Who says what the registry tells.
pub(crate) struct Clerk {
    tells: mpsc::UnboundedSender<Tells>,
    heard: mpsc::UnboundedReceiver<Result<(), String>>,
    asked: watch::Receiver<usize>,
}

/// A registry, and its clerk. It hangs as long as the clerk says nothing.
pub(crate) fn registry() -> (Registry, Clerk) {
    let (sender, tells) = mpsc::unbounded_channel();
    let (asks, asked) = watch::channel(0);
    let (acknowledges, heard) = mpsc::unbounded_channel();
    let registry = Registry {
        brings_config: false,
        tells,
        heard: acknowledges,
        asked: asks,
    };
    let clerk = Clerk {
        tells: sender,
        heard,
        asked,
    };
    (registry, clerk)
}

/// One that may bring configs.
pub(crate) fn registry_with_configs() -> (Registry, Clerk) {
    let (mut registry, clerk) = registry();
    registry.brings_config = true;
    (registry, clerk)
}

impl Clerk {
    pub(crate) fn tell(&self, tells: Tells) {
        self.tells.send(tells).expect("the channel has it");
    }

    pub(crate) fn servers(&self, numbers: impl IntoIterator<Item = u16>) {
        self.tell(Tells::Servers(numbers.into_iter().collect()));
    }

    /// What the channel said of the next answer that it looked at.
    pub(crate) async fn heard(&mut self) -> Result<(), String> {
        self.heard.recv().await.unwrap()
    }

    /// How often it was asked to look again.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until it is asked to look again.
    pub(crate) async fn asked_again(&mut self) -> Instant {
        self.asked.borrow_and_update();
        self.asked.changed().await.unwrap();
        Instant::now()
    }

    /// Whether the channel has dropped its resolver.
    pub(crate) fn is_dropped(&self) -> bool {
        self.tells.is_closed()
    }
}

impl Resolver for Registry {
    fn name(&self) -> Cow<'_, str> {
        "the registry".into()
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, Box<dyn Error + Send + Sync>>>> {
        self.tells.poll_recv(cx).map(|tells| match tells? {
            Tells::Servers(numbers) => Some(Ok(Resolution::new(endpoints(numbers)))),
            Tells::These(endpoints) => Some(Ok(Resolution::new(endpoints))),
            Tells::Answer(resolution) => Some(Ok(resolution)),
            Tells::Error(text) => Some(Err(text.into())),
            Tells::Panic(text) => panic!("{text}"),
            Tells::End => None,
        })
    }

    fn brings_config(&self) -> bool {
        self.brings_config
    }

    fn acknowledge(&mut self, outcome: Result<(), &Box<dyn Error + Send + Sync>>) {
        let outcome = outcome.map_err(ToString::to_string);
        drop(self.heard.send(outcome));
    }

    fn resolve_again(&mut self) {
        self.asked.send_modify(|asked| *asked += 1);
    }
}
