//! Sockets of this machine: what is wrong with each that cannot be connected to.

use std::{
    error::Error as _,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tokio::net::{UnixDatagram, UnixListener};
use tower_service::Service;

use super::{Unix, UnixError};
use crate::{Socket, Target};

/// A directory of this test, which goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("ziggurat-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn refused(target: Target) -> UnixError {
    Unix::new().call(target).await.unwrap_err()
}

/// The error of a path: its text without the system's, and the system's.
async fn wrong(path: &Path) -> (String, io::ErrorKind) {
    let error = refused(Target::unix(path).unwrap()).await;
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    let text = error.to_string();
    let said = text.strip_suffix(&format!(": {source}")).unwrap();
    (said.to_owned(), source.kind())
}

#[tokio::test]
async fn says_what_is_wrong_with_the_file() {
    // D-27
    let directory = Directory::new("wrong");
    let [none, file, left, other] =
        ["none", "file", "left", "other"].map(|name| directory.join(name));
    fs::write(&file, "").unwrap();
    drop(UnixListener::bind(&left).unwrap());
    let _datagrams = UnixDatagram::bind(&other).unwrap();

    let refused = io::ErrorKind::ConnectionRefused;
    let shown = |path: &Path| path.display().to_string();
    for (path, text, kind) in [
        (
            &none,
            format!("there is no file {}", shown(&none)),
            io::ErrorKind::NotFound,
        ),
        (&file, format!("{} is no socket", shown(&file)), refused),
        (
            &directory.0,
            format!("{} is no socket", shown(&directory.0)),
            refused,
        ),
        (
            &left,
            format!("nobody listens on {}", shown(&left)),
            refused,
        ),
    ] {
        assert_eq!(wrong(path).await, (text, kind));
    }
    let (text, _) = wrong(&other).await;
    assert_eq!(text, format!("unix:{} cannot be opened", shown(&other)));
}

#[tokio::test]
async fn says_that_it_may_not() {
    // D-27
    let directory = Directory::new("forbidden");
    let path = directory.join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    match Unix::new().call(Target::unix(&path).unwrap()).await {
        // The superuser may.
        Ok(_) => {}
        Err(error) => {
            let text = format!(
                "this process may not write to {}, or not reach it: ",
                path.display()
            );
            assert!(error.to_string().starts_with(&text), "{error}");
        }
    }
}

#[tokio::test]
async fn a_relative_path_is_shown_as_it_was_looked_for() {
    let (text, _) = wrong("no-cafe.sock".as_ref()).await;
    let path = std::env::current_dir().unwrap().join("no-cafe.sock");
    assert_eq!(text, format!("there is no file {}", path.display()));
}

#[tokio::test]
async fn tells_the_path_of_its_peer() {
    let directory = Directory::new("peer");
    let path = directory.join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    let stream = Unix::new()
        .call(Target::unix(&path).unwrap())
        .await
        .unwrap();
    assert_eq!(stream.unix_path(), Some(path));
    assert_eq!(
        (Socket::local_addr(&stream), Socket::remote_addr(&stream)),
        (None, None)
    );
}

#[tokio::test]
async fn tcp_is_not_its_business() {
    let error = refused(Target::parse("http://127.0.0.1:1").unwrap()).await;
    let text = "http://127.0.0.1:1 is no unix socket, and this channel connects to no other";
    assert_eq!(
        (error.to_string().as_str(), error.source().is_none()),
        (text, true)
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_abstract_name_has_no_file() {
    // G-4
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    let name = format!("ziggurat/{}", std::process::id());
    let target = Target::parse(&format!("unix-abstract:{name}")).unwrap();
    let text = format!("nobody listens on the abstract name {name:?}: ");
    let error = refused(target.clone()).await;
    assert!(error.to_string().starts_with(&text), "{error}");

    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let stream = Unix::new().call(target).await.unwrap();
    assert_eq!(
        stream.peer_addr().unwrap().as_abstract_name(),
        Some(name.as_bytes())
    );
    assert_eq!(stream.unix_path(), None);
}
