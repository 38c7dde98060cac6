//! Balances calls over the pods of a Kubernetes service, as its EndpointSlices tell them.
//!
//! The API server's watch is scripted here: lines of JSON as they come from
//! `/apis/discovery.k8s.io/v1/namespaces/kitchen/endpointslices?watch=true&labelSelector=kubernetes.io/service-name=cafe`,
//! about machines on this host. One sees a pod that gets calls only once it is ready, one that is drained and gets none, and
//! an error of the watch, after which the pods that were known go on answering.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    net::{IpAddr, SocketAddr},
};

use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt, wrappers::UnboundedReceiverStream};
use ziggurat::{
    Channel, Peer,
    balance::{Endpoint, Resolver, RoundRobin, Updates},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::{Machine, serve},
};

/// A line of the watch, with what is needed of it.
#[derive(Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
enum Event {
    Added(Slice),
    Modified(Slice),
    Deleted(Slice),
    /// How far the watch has come, for whoever begins it again.
    Bookmark(serde::de::IgnoredAny),
    Error(Failure),
}

/// Some of the endpoints of a service; it may have several of these.
#[derive(Deserialize)]
struct Slice {
    metadata: Metadata,
    #[serde(default)]
    endpoints: Vec<Pod>,
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct Pod {
    addresses: Vec<IpAddr>,
    #[serde(default)]
    conditions: Conditions,
}

#[derive(Default, Deserialize)]
struct Conditions {
    /// What is not said counts as ready. A pod that is terminating is not.
    ready: Option<bool>,
}

#[derive(Deserialize)]
struct Port {
    name: Option<String>,
    port: Option<u16>,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
}

/// Tells the pods that are ready, by their port of this name.
///
/// Each line becomes the whole list: slices come and go apart, and a pod may be in two of them for a moment, which the
/// channel sees to.
fn resolver(
    watch: impl Stream<Item = String> + Send + 'static,
    port_name: &'static str,
) -> impl Resolver {
    let mut slices = BTreeMap::new();
    let lists = watch.map(move |line| {
        match serde_json::from_str(&line)? {
            Event::Added(slice) | Event::Modified(slice) => {
                let pods = ready(&slice, port_name);
                slices.insert(slice.metadata.name, pods);
            }
            Event::Deleted(slice) => drop(slices.remove(&slice.metadata.name)),
            Event::Bookmark(_) => {}
            // Whoever reads the watch begins it again now. The channel keeps the pods that it knows.
            Event::Error(failure) => return Err(failure.message.into()),
        }
        let all: Vec<Endpoint> = slices.values().flatten().cloned().collect();
        Ok::<_, Box<dyn Error + Send + Sync>>(all)
    });
    Updates::new(lists).named("the EndpointSlices of cafe")
}

fn ready(slice: &Slice, port_name: &str) -> Vec<Endpoint> {
    let named = slice
        .ports
        .iter()
        .find(|port| port.name.as_deref() == Some(port_name));
    let Some(port) = named.and_then(|port| port.port) else {
        return Vec::new();
    };
    let pods = slice
        .endpoints
        .iter()
        .filter(|pod| pod.conditions.ready != Some(false));
    // All addresses of an entry are of the same pod, and the first is the one to use.
    let addresses = pods.filter_map(|pod| pod.addresses.first());
    addresses
        .map(|ip| Endpoint::new(SocketAddr::new(*ip, port)))
        .collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (first, _serving) = serve(Machine).await?;
    let (second, _serving) = serve(Machine).await?;
    let (api, watch) = mpsc::unbounded_channel();
    let tell = |line: serde_json::Value| api.send(line.to_string());
    let channel = Channel::builder("http://cafe.kitchen.svc")?
        .resolver(resolver(UnboundedReceiverStream::new(watch), "grpc"))
        .balance(RoundRobin::new())
        .connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);

    tell(slice("ADDED", "cafe-a", first, true))?;
    tell(slice("ADDED", "cafe-b", second, false))?;
    show("The second is not ready", &cafe, &[first]).await?;

    tell(slice("MODIFIED", "cafe-b", second, true))?;
    show("Now it is", &cafe, &[first, second]).await?;

    tell(
        json!({"type": "BOOKMARK", "object": {"kind": "EndpointSlice", "metadata": {"resourceVersion": "12746"}}}),
    )?;
    tell(slice("MODIFIED", "cafe-a", first, false))?;
    show("The first is drained", &cafe, &[second]).await?;

    tell(
        json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version: 5 (12746)"}}),
    )?;
    show("The watch has failed", &cafe, &[second]).await?;

    tell(slice("DELETED", "cafe-b", second, true))?;
    tell(slice("MODIFIED", "cafe-a", first, true))?;
    show("The second is deleted", &cafe, &[first]).await
}

/// An event about a slice with one pod, as the API server writes it.
fn slice(event: &str, name: &str, pod: SocketAddr, is_ready: bool) -> serde_json::Value {
    json!({
        "type": event,
        "object": {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "namespace": "kitchen",
                "labels": {"kubernetes.io/service-name": "cafe"},
            },
            "addressType": "IPv4",
            "endpoints": [{
                "addresses": [pod.ip()],
                "conditions": {"ready": is_ready, "serving": true, "terminating": !is_ready},
                "nodeName": "counter-1",
                "zone": "kitchen",
            }],
            "ports": [{"name": "grpc", "port": pod.port(), "protocol": "TCP"}],
        },
    })
}

/// Calls until these machines answer and no other: the channel hears of a change while it goes on.
async fn show(
    what: &str,
    cafe: &CoffeeMachineStub,
    machines: &[SocketAddr],
) -> Result<(), Box<dyn Error>> {
    let expected = machines.iter().copied().collect::<BTreeSet<_>>();
    loop {
        let mut answered = BTreeSet::new();
        for _ in 0..8 {
            let coffee = cafe.make_latte(LatteOrder::default()).send().await?;
            answered.extend(coffee.peer().and_then(Peer::remote_addr));
        }
        if answered == expected {
            println!("{what:<24}{} of 2 machines answer", answered.len());
            return Ok(());
        }
    }
}
