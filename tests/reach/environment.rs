//! What the environment of a process says. It is set for a child only: this process has one for all tests.

use std::{
    env,
    net::SocketAddr,
    process::{Command, Output},
};

use tokio::task::spawn_blocking;
use ziggurat::{Channel, channel::Proxy};

use crate::{brew_with, cafe, latte, proxy, run, server};

/// The target of the child; where it is not set, there is nothing to do.
const TARGET: &str = "ZIGGURAT_TEST_TARGET";

/// One call, for the test below that runs it in a process of its own.
#[test]
fn child() {
    let Ok(target) = env::var(TARGET) else { return };
    run(async {
        println!("default: {}", told(latte(&cafe(&target)).await));
        let direct = Channel::builder(&target).unwrap().proxy(Proxy::none());
        println!("none: {}", told(latte(&brew_with(direct)).await));
    });
}

fn told<T>(answer: Result<ziggurat::Response<T>, ziggurat::Status>) -> String {
    match answer {
        Ok(answer) => answer.peer().unwrap().remote_addr().unwrap().to_string(),
        Err(status) => status.message().to_owned(),
    }
}

/// What a child says whose environment has these variables, and none of a proxy beside them.
async fn said(target: SocketAddr, vars: &[(&str, String)]) -> String {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "environment::child", "--nocapture"]);
    for name in [
        "grpc_proxy",
        "https_proxy",
        "http_proxy",
        "no_grpc_proxy",
        "no_proxy",
    ] {
        child.env_remove(name);
    }
    child.env(TARGET, format!("http://{target}"));
    child.envs(vars.iter().map(|(name, value)| (*name, value)));
    let output: Output = spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn names_the_proxy_and_what_is_reached_without_it() {
    // G-75
    run(async {
        let (server, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[(&server.to_string(), server)]).await;
        let through = |name: &'static str| (name, format!("http://{}", proxy.address()));

        let said_all = |lines: &str| {
            let found: Vec<_> = lines.lines().filter(|line| line.contains(": ")).collect();
            found.join("\n")
        };
        let direct = format!("default: {server}\nnone: {server}");
        let proxied = format!("default: {}\nnone: {server}", proxy.address());
        for (vars, expected) in [
            (vec![], &direct),
            (vec![through("grpc_proxy")], &proxied),
            (vec![through("http_proxy")], &proxied),
            (
                vec![through("https_proxy"), ("no_proxy", "127.0.0.0/8".into())],
                &direct,
            ),
            (
                vec![through("https_proxy"), ("grpc_proxy", String::new())],
                &direct,
            ),
        ] {
            let said = said(server, &vars).await;
            assert!(
                said_all(&said).contains(expected.as_str()),
                "{vars:?}: {said}"
            );
        }
        let wrong = (
            "https_proxy",
            "socks5://ada:s3cret@proxy.invalid".to_owned(),
        );
        let said = said(server, &[wrong]).await;
        let text = format!(
            "default: cannot connect to http://{server}: the proxy in the environment variable https_proxy \
             has the unknown scheme \"socks5\": write http://[user:password@]host[:port]"
        );
        assert!(said.contains(&text), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    });
}
