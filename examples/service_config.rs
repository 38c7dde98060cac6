//! Follows a service config: a JSON text that says, method by method, how calls are made.
//!
//! The machine turns the first two calls away. One sees a latte that comes at the third attempt by the config's policy; an
//! upload, for which the config has no policy, that is turned away; and what is said of a config with mistakes.

use std::error::Error;

use ziggurat::{
    Channel, channel::Builder, protocol::status::progress::Progress, service_config::ServiceConfig,
};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, LatteOrder},
    server::{busy, serve_behind},
};

const CONFIG: &str = r#"{
    "methodConfig": [
        {
            "name": [{ "service": "cafe.v1.CoffeeMachine" }],
            "timeout": "5s",
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"]
            }
        },
        { "name": [{ "service": "cafe.v1.CoffeeMachine", "method": "Upload" }], "timeout": "60s" }
    ],
    "retryThrottling": { "maxTokens": 100, "tokenRatio": 0.1 }
}"#;

const MISTAKES: &str = r#"{
    "methodConfig": [{
        "name": [{ "service": "cafe.v1.CoffeeMachine" }],
        "timeout": "soon",
        "retryPolicy": {
            "maxAttempts": 1,
            "initialBackoff": "0.05s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"]
        }
    }]
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config: ServiceConfig = CONFIG.parse()?;

    println!("A latte, with retries by the config");
    let cafe = CoffeeMachineStub::new(
        turned_away()
            .await?
            .service_config(config.clone())
            .connect_lazy(),
    );
    let latte = cafe.make_latte(LatteOrder::default()).send().await?;
    for attempt in latte.progress().map_or(&[][..], Progress::attempts) {
        println!(
            "  {} after which it waited {:?}",
            attempt.code(),
            attempt.delay()
        );
    }
    println!("  {:?}", latte.into_message());

    println!("An upload, for which it has none");
    let cafe = CoffeeMachineStub::new(turned_away().await?.service_config(config).connect_lazy());
    let told = cafe.upload([Bean::default()]).await;
    println!("  {}", told.expect_err("it was turned away"));

    println!("A config with mistakes");
    let invalid = MISTAKES.parse::<ServiceConfig>().expect_err("it has two");
    for violation in invalid.violations() {
        println!("  {violation}");
    }
    Ok(())
}

/// A channel to a machine that turns two calls away.
async fn turned_away() -> Result<Builder, Box<dyn Error>> {
    let (address, _serving) = serve_behind(busy(2)).await?;
    Ok(Channel::builder(&format!("http://{address}"))?)
}
