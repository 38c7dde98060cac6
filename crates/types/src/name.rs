//! Names the messages, so that a status finds one by its type and `Any` packs it.
//!
//! ```
//! use prost_types::Any;
//! use ziggurat_types::RetryInfo;
//!
//! let packed = Any::from_msg(&RetryInfo::new(std::time::Duration::from_secs(30)))?;
//! assert_eq!(packed.type_url, "type.googleapis.com/google.rpc.RetryInfo");
//! # Ok::<_, prost::EncodeError>(())
//! ```

use prost::Name;

use crate::message::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure,
    RequestInfo, ResourceInfo, RetryInfo,
};

/// What stands before the names in the URLs that Google's own libraries write.
const DOMAIN: &str = "type.googleapis.com";

/// The package of all of them.
const PACKAGE: &str = "google.rpc";

/// The whole URL of a message's type.
fn url<T: Name>() -> String {
    format!("{DOMAIN}/{PACKAGE}.{}", T::NAME)
}

impl Name for ErrorInfo {
    const NAME: &'static str = "ErrorInfo";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for RetryInfo {
    const NAME: &'static str = "RetryInfo";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for DebugInfo {
    const NAME: &'static str = "DebugInfo";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for QuotaFailure {
    const NAME: &'static str = "QuotaFailure";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for PreconditionFailure {
    const NAME: &'static str = "PreconditionFailure";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for BadRequest {
    const NAME: &'static str = "BadRequest";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for RequestInfo {
    const NAME: &'static str = "RequestInfo";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for ResourceInfo {
    const NAME: &'static str = "ResourceInfo";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for Help {
    const NAME: &'static str = "Help";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}

impl Name for LocalizedMessage {
    const NAME: &'static str = "LocalizedMessage";
    const PACKAGE: &'static str = PACKAGE;

    fn type_url() -> String {
        url::<Self>()
    }
}
