//! What the program's log is told of files that changed for the worse.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use ziggurat::{
    Channel,
    tls::{Roots, Tls, TlsOptions},
};

use crate::{
    authority::Authority,
    call,
    folder::Folder,
    run,
    server::{self, Server},
};

/// Keeps warnings of TLS, each as a line.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "ziggurat::tls" && *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}: {value:?}; ", field.name()).unwrap();
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        write!(self.0, "{}: {value}; ", field.name()).unwrap();
    }
}

#[test]
fn is_told_once_of_each_bad_file() {
    run(async {
        let lines = Lines::default();
        // Of the whole process, since files are read on threads that nobody sees.
        tracing::subscriber::set_global_default(lines.clone()).unwrap();
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let path = folder.put("ca.pem", ca.pem());
        let tls = TlsOptions::new().roots(Roots::pem_file(&path).unwrap());
        let tls = Tls::new(tls).unwrap();
        for contents in [&*ca.pem(), "", "", "latte"] {
            folder.put("ca.pem", contents);
            let channel = Channel::builder(&server.url())
                .unwrap()
                .tls(tls.clone())
                .unwrap();
            call(&channel.connect_lazy()).await.unwrap();
        }
        let told = lines.0.lock().unwrap().clone();
        let told: Vec<_> = told
            .iter()
            .filter(|line| line.contains(path.to_str().unwrap()))
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        let text = "certificates were changed and cannot be used: those from before stay in use";
        assert!(told[0].contains(text), "{}", told[0]);
        assert!(told[0].contains("there is nothing there"), "{told:?}");
        assert!(told[1].contains("there is no certificate"), "{told:?}");
    });
}
