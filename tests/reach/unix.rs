//! A tonic server behind a unix socket.

use std::{error::Error as _, fs, io, path::PathBuf};

use tokio_stream::wrappers::UnixListenerStream;
use ziggurat::{
    Channel,
    channel::{Builder, Target, UnixError},
};

use crate::{assert_unavailable, authority, brew_with, cafe, latte, run, server};

/// A directory of one test, which goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ziggurat-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("cafe.sock")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_path_is_connected_to() {
    // G-3, I-33
    run(async {
        let directory = Directory::new("path");
        let path = directory.socket();
        let _server = server::on_unix(&path);
        for target in [
            format!("unix:{}", path.display()),
            format!("unix://{}", path.display()),
        ] {
            let answer = latte(&cafe(&target)).await.unwrap();
            assert_eq!(authority(&answer), "localhost");
            let peer = answer.peer().unwrap();
            assert_eq!(peer.unix_path(), Some(&*path));
            assert_eq!((peer.local_addr(), peer.remote_addr()), (None, None));
        }
        let target = Target::unix(&path).unwrap();
        latte(&brew_with(Builder::new(target))).await.unwrap();
    });
}

#[test]
fn a_relative_path_begins_where_the_process_is() {
    // G-3
    run(async {
        let directory = Directory::new("relative");
        let _server = server::on_unix(&directory.socket());
        let here = std::env::current_dir().unwrap();
        let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
        let path = up.join(directory.socket().strip_prefix("/").unwrap());
        let target = format!("unix:{}", path.display());
        latte(&cafe(&target)).await.unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_connected_to() {
    // G-4, I-33
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    run(async {
        let name = format!("ziggurat-cafe-{}", std::process::id());
        let target = format!("unix-abstract:{name}");
        let cafe = cafe(&target);
        let status = latte(&cafe).await.unwrap_err();
        let text =
            format!("cannot connect to {target}: nobody listens on the abstract name {name:?}: ");
        assert!(status.message().starts_with(&text), "{status}");

        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = UnixListener::bind_addr(&address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::UnixListener::from_std(listener).unwrap();
        let _server = server::serve(UnixListenerStream::new(listener));
        let answer = cafe.make_latte(<_>::default()).wait_for_ready(true).send();
        let answer = answer.await.unwrap();
        assert_eq!(authority(&answer), "localhost");
        assert_eq!(answer.peer().unwrap().unix_path(), None);
    });
}

#[test]
fn a_server_that_comes_again_is_found_again() {
    run(async {
        let directory = Directory::new("again");
        let path = directory.socket();
        let server = server::on_unix(&path);
        let channel = Channel::builder(&format!("unix:{}", path.display())).unwrap();
        let cafe = brew_with(channel);
        latte(&cafe).await.unwrap();
        drop(server);
        fs::remove_file(&path).unwrap();
        let _server = server::on_unix(&path);
        let answer = cafe.make_latte(<_>::default()).wait_for_ready(true).await;
        answer.unwrap();
    });
}

#[test]
fn what_is_wrong_with_the_file_is_said() {
    // D-27
    run(async {
        let directory = Directory::new("wrong");
        let path = directory.socket();
        let target = format!("unix:{}", path.display());
        let status = latte(&cafe(&target)).await.unwrap_err();
        let text = "No such file or directory (os error 2)";
        let text = format!(
            "cannot connect to {target}: there is no file {}: {text}",
            path.display()
        );
        assert_unavailable(&status, &text);
        let refused: &UnixError = crate::cause(&status);
        assert!(
            refused
                .source()
                .unwrap()
                .downcast_ref::<io::Error>()
                .unwrap()
                .kind()
                == io::ErrorKind::NotFound
        );

        fs::write(&path, "latte").unwrap();
        let status = latte(&cafe(&target)).await.unwrap_err();
        let text = "is no socket: Connection refused (os error 111)";
        let text = format!("cannot connect to {target}: {} {text}", path.display());
        assert_unavailable(&status, &text);
    });
}
