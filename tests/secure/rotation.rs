//! Certificates and roots that change while channels are used.

use std::fs;

use rustls::version::TLS13;
use ziggurat::{
    Channel, Client,
    tls::{Identity, Problem, Roots, Tls, TlsOptions},
};
use ziggurat_examples::cafe::{CoffeeMachineStub, Line};

use crate::{
    authority::{Authority, Issued},
    call,
    folder::Folder,
    run,
    server::{self, Server},
    trusting,
};

fn connect(server: &Server, tls: &Tls) -> Channel {
    let builder = Channel::builder(&server.url()).unwrap();
    builder.tls(tls.clone()).unwrap().connect_lazy()
}

fn line(text: &str) -> Line {
    Line { text: text.into() }
}

/// The certificates that clients have shown.
fn shown(server: &Server) -> Vec<Vec<u8>> {
    server
        .seen()
        .into_iter()
        .filter_map(|seen| seen.client)
        .collect()
}

#[test]
fn files_that_change_are_used_for_the_next_connection() {
    // I-6
    run(async {
        let (ca, clients, folder) = (
            Authority::new("Root"),
            Authority::new("Clients"),
            Folder::new(),
        );
        let issued = ca.server(&["localhost"]);
        let server = Server::start(server::demanding(&issued, &TLS13, &clients)).await;
        let (old, new) = (clients.client(), clients.client());
        let roots = folder.put("ca.pem", ca.pem());
        let chain = folder.put("chain.pem", old.pem());
        let key = folder.put("key.pem", old.key_pem());
        let options = TlsOptions::new()
            .roots(Roots::pem_file(roots).unwrap())
            .identity(Identity::pem_files(chain, key).unwrap());
        let tls = Tls::new(options).unwrap();

        // A call that goes on all the time.
        let first = connect(&server, &tls);
        let cafe = CoffeeMachineStub::new(first);
        let mut chat = cafe.open().chat();
        chat.send(line("before")).await.unwrap();
        assert!(chat.recv().await.unwrap().is_some());

        // Only one of the two is there: it fits no longer, and the old ones stay.
        folder.put("chain.pem", new.pem());
        call(&connect(&server, &tls)).await.unwrap();
        let error = tls.reload_error().unwrap();
        assert!(matches!(error.problem(), Problem::KeyMismatch));
        assert_eq!(error.file(), Some(&*folder.path("key.pem")));

        folder.put("key.pem", new.key_pem());
        call(&connect(&server, &tls)).await.unwrap();
        assert!(tls.reload_error().is_none());

        let (old, new) = (old.chain[0].to_vec(), new.chain[0].to_vec());
        assert_eq!(shown(&server), [old.clone(), old, new]);
        chat.send_last(line("after")).await.unwrap();
        assert!(chat.recv().await.unwrap().is_some());
        chat.finish().await.unwrap();
    });
}

#[test]
fn bad_files_leave_all_as_it_was() {
    // I-6
    run(async {
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let path = folder.put("ca.pem", ca.pem());
        let roots = Roots::pem_file(&path).unwrap();
        let tls = Tls::new(TlsOptions::new().roots(roots)).unwrap();

        for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA"] {
            folder.put("ca.pem", bad);
            call(&connect(&server, &tls)).await.unwrap();
            let error = tls.reload_error().unwrap();
            assert_eq!(error.file(), Some(&*path), "{error}");
        }
        fs::remove_file(&path).unwrap();
        call(&connect(&server, &tls)).await.unwrap();
        assert!(matches!(
            tls.reload_error().unwrap().problem(),
            Problem::Read(_)
        ));

        // Others are used at once.
        folder.put("ca.pem", Authority::new("Other").pem());
        let status = call(&connect(&server, &tls)).await.unwrap_err();
        assert!(status.message().contains("is not trusted"), "{status}");
        assert!(tls.reload_error().is_none());
        folder.put("ca.pem", ca.pem());
        call(&connect(&server, &tls)).await.unwrap();
    });
}

#[test]
fn files_that_do_not_change_keep_the_session() {
    run(async {
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let roots = Roots::pem_file(folder.put("ca.pem", ca.pem())).unwrap();
        let tls = Tls::new(TlsOptions::new().roots(roots)).unwrap();
        for _ in 0..2 {
            // Written anew, and the same.
            folder.put("ca.pem", ca.pem());
            call(&connect(&server, &tls)).await.unwrap();
        }
        let kinds: Vec<_> = server.seen().into_iter().map(|seen| seen.kind).collect();
        assert_eq!(
            kinds,
            [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed]
        );
    });
}

#[test]
fn options_that_are_replaced_hold_for_all_channels() {
    // I-6
    run(async {
        let (ca, clients) = (Authority::new("Root"), Authority::new("Clients"));
        let issued = ca.server(&["localhost"]);
        let server = Server::start(server::demanding(&issued, &TLS13, &clients)).await;
        let (old, new) = (clients.client(), clients.client());
        let options = |issued: &Issued| {
            let identity = Identity::pem(issued.pem(), issued.key_pem()).unwrap();
            trusting(&ca).identity(identity)
        };
        let tls = Tls::new(options(&old)).unwrap();
        let (first, second) = (connect(&server, &tls), connect(&server, &tls));
        let chat = CoffeeMachineStub::new(first.clone());
        let mut chat = chat.open().chat();
        chat.send(line("before")).await.unwrap();
        assert!(chat.recv().await.unwrap().is_some());

        tls.replace(options(&new)).unwrap();
        call(&first).await.unwrap(); // over the connection that there is
        call(&second).await.unwrap();
        let expected = [&old, &new].map(|issued| issued.chain[0].to_vec());
        assert_eq!(shown(&server), expected);
        chat.send_last(line("after")).await.unwrap();
        assert!(chat.recv().await.unwrap().is_some());
        chat.finish().await.unwrap();
    });
}

#[test]
fn options_that_are_bad_replace_nothing() {
    run(async {
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let tls = Tls::new(trusting(&ca)).unwrap();

        let path = folder.put("ca.pem", ca.pem());
        let roots = Roots::pem_file(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = tls.replace(TlsOptions::new().roots(roots)).unwrap_err();
        assert!(matches!(error.problem(), Problem::Read(_)));

        let renamed = trusting(&ca).server_name("cafe.example").unwrap();
        let error = tls.replace(renamed).unwrap_err();
        assert!(matches!(error.problem(), Problem::ServerNameChanged));
        call(&connect(&server, &tls)).await.unwrap();
        let _: Client<Channel> = Client::new(connect(&server, &tls));
    });
}
