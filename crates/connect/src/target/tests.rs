use std::{collections::HashSet, error::Error, io, net::SocketAddr, path::Path};

use http::uri::{Authority, Scheme};

use super::{
    InvalidTarget, Place, Problem, Target,
    parse::{self, Https},
};

fn parse(text: &str) -> Target {
    Target::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn reads_back(target: &Target) {
    assert_eq!(parse(&target.to_string()), *target);
}

#[test]
fn accepts_names_addresses_and_ports() {
    // G-7, I-34, M-11
    let table = [
        ("http://cafe", "cafe", 80, "cafe"),
        ("http://cafe/", "cafe", 80, "cafe"),
        ("HTTP://cafe:80", "cafe", 80, "cafe:80"),
        ("http://cafe:443", "cafe", 443, "cafe:443"),
        (
            "http://cafe.example.com:50051/",
            "cafe.example.com",
            50051,
            "cafe.example.com:50051",
        ),
        ("http://10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"),
        ("http://[::1]", "::1", 80, "[::1]"),
        (
            "http://[2001:db8::1]:65535",
            "2001:db8::1",
            65535,
            "[2001:db8::1]:65535",
        ),
        ("http://a_b:2", "a_b", 2, "a_b:2"),
    ];
    for (text, host, port, authority) in table {
        let target = parse(text);
        let place = Place::Tcp { host, port };
        assert_eq!(
            (target.place(), target.authority().as_str()),
            (place, authority),
            "{text}"
        );
        assert_eq!((target.host(), target.port()), (host, Some(port)));
        assert_eq!(
            (target.scheme(), target.is_secure()),
            (&Scheme::HTTP, false)
        );
        assert_eq!(target.to_string(), format!("http://{authority}"));
        reads_back(&target);
    }
}

#[cfg(feature = "tls")]
#[test]
fn https_asks_for_tls() {
    // I-1, M-11
    let table = [
        ("https://cafe", "cafe", 443, "cafe"),
        ("HTTPS://cafe:443/", "cafe", 443, "cafe:443"),
        ("https://cafe:80", "cafe", 80, "cafe:80"),
        ("https://[::1]:50051", "::1", 50051, "[::1]:50051"),
    ];
    for (text, host, port, authority) in table {
        let target = parse(text);
        assert_eq!(target.place(), Place::Tcp { host, port }, "{text}");
        assert_eq!(target.authority().as_str(), authority);
        assert_eq!(
            (target.scheme(), target.is_secure()),
            (&Scheme::HTTPS, true)
        );
        assert_eq!(target.to_string(), format!("https://{authority}"));
        reads_back(&target);
        assert_ne!(target, parse(&text.to_lowercase().replace("https", "http")));
    }
    for text in [
        "https://cafe//v1",
        "https://cafe?x",
        "https://",
        "https://me@cafe",
    ] {
        let error = Target::parse(text).unwrap_err().to_string();
        assert!(error.contains("write https://host:port"), "{error}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn names_as_grpc_writes_them_mean_tls() {
    // G-2, G-7, I-34
    let table = [
        ("dns:///cafe", "cafe", 443, "cafe"),
        ("dns:cafe", "cafe", 443, "cafe"),
        ("dns:/cafe", "cafe", 443, "cafe"),
        ("DNS:///Cafe:443", "Cafe", 443, "cafe:443"),
        (
            "dns:cafe.example:50051",
            "cafe.example",
            50051,
            "cafe.example:50051",
        ),
        ("dns:50051", "50051", 443, "50051"),
        ("dns:///[::1]", "::1", 443, "[::1]"),
        (
            "dns:[2001:db8::1]:80",
            "2001:db8::1",
            80,
            "[2001:db8::1]:80",
        ),
        ("dns:///10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"),
    ];
    for (text, host, port, authority) in table {
        let target = parse(text);
        assert_eq!(target.place(), Place::Tcp { host, port }, "{text}");
        assert_eq!(*target.authority(), *authority, "{text}");
        assert!(target.is_secure() && target.addresses().is_empty());
        assert_eq!(
            target.to_string().to_lowercase(),
            format!("dns:///{authority}")
        );
        reads_back(&target);

        let plaintext = target.clone().plaintext().unwrap();
        assert_eq!(
            (plaintext.scheme(), plaintext.is_secure()),
            (&Scheme::HTTP, false)
        );
        assert_eq!(plaintext.place(), target.place());
        assert_eq!(plaintext.authority(), target.authority());
        assert_eq!(plaintext.to_string(), target.to_string());
        assert_ne!(plaintext, target);
    }
}

#[cfg(feature = "tls")]
#[test]
fn addresses_are_all_known_and_the_first_is_the_name() {
    // G-5, G-7, I-34
    let table: &[(&str, &[&str], &str, &str)] = &[
        (
            "ipv4:10.0.0.1",
            &["10.0.0.1:443"],
            "10.0.0.1",
            "ipv4:10.0.0.1",
        ),
        (
            "IPV4:///10.0.0.1",
            &["10.0.0.1:443"],
            "10.0.0.1",
            "ipv4:10.0.0.1",
        ),
        (
            "ipv4:10.0.0.1:443,10.0.0.2:443",
            &["10.0.0.1:443", "10.0.0.2:443"],
            "10.0.0.1:443",
            "ipv4:10.0.0.1:443,10.0.0.2",
        ),
        (
            "ipv4:10.0.0.1,10.0.0.2:50051,10.0.0.1",
            &["10.0.0.1:443", "10.0.0.2:50051", "10.0.0.1:443"],
            "10.0.0.1",
            "ipv4:10.0.0.1,10.0.0.2:50051,10.0.0.1",
        ),
        ("ipv6:::1", &["[::1]:443"], "[::1]", "ipv6:[::1]"),
        ("ipv6:[::1]", &["[::1]:443"], "[::1]", "ipv6:[::1]"),
        (
            "ipv6:%5B2001:db8::1%5D:1,2001:db8::2,[::3]:443",
            &["[2001:db8::1]:1", "[2001:db8::2]:443", "[::3]:443"],
            "[2001:db8::1]:1",
            "ipv6:[2001:db8::1]:1,[2001:db8::2],[::3]",
        ),
        (
            "ipv6:[fe80::1%252]:443",
            &["[fe80::1%2]:443"],
            "[fe80::1%2]:443",
            "ipv6:[fe80::1%252]:443",
        ),
    ];
    for (text, addresses, authority, shown) in table {
        let target = parse(text);
        let addresses: Vec<SocketAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        assert_eq!(target.addresses(), addresses, "{text}");
        assert_eq!(*target.authority(), **authority, "{text}");
        assert_eq!(target.port(), Some(addresses[0].port()));
        assert!(target.is_secure());
        assert_eq!(target.to_string(), *shown);
        reads_back(&target);
        assert!(!target.plaintext().unwrap().is_secure());
    }
}

#[cfg(feature = "tls")]
#[test]
fn names_of_grpc_are_refused_with_what_to_write() {
    // G-1, G-2, G-5
    let dns_server = "has a DNS server before the host: write dns:///host:port, and ask other servers than the system's by \
                      the resolver Dns";
    let table = [
        ("dns:", "has no host: write dns:///host:port"),
        ("dns:///", "has no host: write dns:///host:port"),
        ("dns:///:443", "has no host"),
        ("dns://10.0.0.53/cafe", dns_server),
        ("dns://cafe", dns_server),
        (
            "dns:///cafe/v1",
            "has a path after the host: write dns:///host:port, or https://host:port/prefix for what stands before the \
             paths of calls",
        ),
        ("dns:///cafe:", "has a bad port"),
        ("dns:///cafe:0", "has a bad port"),
        ("dns:///::1", "write an IPv6 address as dns:///[::1]:port"),
        ("dns:///[::g]", "write dns:///[::1]:port"),
        ("dns:///ca fe", "write dns:///host:port"),
        ("dns:///me@cafe", "has a user name: write dns:///host:port"),
        ("dns:///cafe?x", "has a query or a fragment: leave it out"),
        (
            "ipv4:",
            "has \"\" where an IPv4 address belongs: write ipv4:10.0.0.1:443,10.0.0.2:443",
        ),
        (
            "ipv4:cafe:443",
            "has \"cafe:443\" where an IPv4 address belongs",
        ),
        ("ipv4:[::1]:443", "has \"[::1]:443\" where an IPv4 address"),
        ("ipv4:10.0.0.1,", "has \"\" where an IPv4 address belongs"),
        ("ipv4:10.0.0.1, 10.0.0.2", "has \" 10.0.0.2\" where"),
        (
            "ipv4://10.0.0.1",
            "has \"//10.0.0.1\" where an IPv4 address",
        ),
        ("ipv4:10.0.0.1:0", "has a bad port"),
        ("ipv4:10.0.0.1:+1", "has \"10.0.0.1:+1\" where"),
        ("ipv4:10.0.0.1#x", "has a query or a fragment: leave it out"),
        ("ipv4:10.0.0.1%", "has a bad escape"),
        (
            "ipv6:10.0.0.1",
            "has \"10.0.0.1\" where an IPv6 address belongs: write ipv6:[::1]:443,[::2]:443",
        ),
        ("ipv6:[::1", "has \"[::1\" where an IPv6 address belongs"),
        ("ipv6:[fe80::1%2]:443", "has a bad escape: write %25"),
    ];
    for (text, sentence) in table {
        let error = Target::parse(text).unwrap_err();
        assert!(error.to_string().contains(sentence), "{error}");
    }
    let error = parse("https://cafe").plaintext().unwrap_err();
    assert!(matches!(error.problem(), Problem::Secure));
    assert_eq!(
        error.to_string(),
        "the target \"https://cafe\" says TLS: write http:// for plaintext"
    );
    assert!(parse("http://cafe").plaintext().is_ok());
    for text in ["dns:///cafe", "ipv4:10.0.0.1", "ipv6:::1"] {
        assert!(matches!(
            parse::parse(text, Https::Missing),
            Err(Problem::Tls)
        ));
    }
}

#[test]
fn https_is_refused_and_not_spoken_to_in_plaintext() {
    // I-1
    let text = "https://cafe";
    let Err(problem) = parse::parse(text, Https::Missing) else {
        panic!("it is spoken to");
    };
    assert_eq!(
        InvalidTarget::new(text, problem).to_string(),
        "the target \"https://cafe\" asks for TLS, which is not built in: enable the feature \"tls\" of ziggurat"
    );
}

#[cfg(unix)]
#[test]
fn accepts_unix_sockets() {
    // G-3, I-33
    let table = [
        ("unix:cafe.sock", "cafe.sock", "unix:cafe.sock"),
        ("unix:./a/cafe", "./a/cafe", "unix:./a/cafe"),
        ("unix:/run/cafe", "/run/cafe", "unix:/run/cafe"),
        ("unix:///run/cafe", "/run/cafe", "unix:/run/cafe"),
        ("UNIX:/run/cafe", "/run/cafe", "unix:/run/cafe"),
        ("unix:////run", "//run", "unix:////run"),
        ("unix:/a b", "/a b", "unix:/a b"),
        ("unix:/100%25", "/100%", "unix:/100%25"),
        ("unix:/a%3Fb%23c", "/a?b#c", "unix:/a%3Fb%23c"),
        ("unix:/caf\u{e9}", "/caf\u{e9}", "unix:/caf%C3%A9"),
        ("unix:me@home", "me@home", "unix:me@home"),
        ("unix:a:b", "a:b", "unix:a:b"),
    ];
    for (text, path, shown) in table {
        let target = parse(text);
        assert_eq!(target.place(), Place::Unix(Path::new(path)), "{text}");
        assert_eq!(target.authority(), "localhost");
        assert_eq!((target.host(), target.port()), ("localhost", None));
        assert_eq!(
            (target.scheme(), target.is_secure()),
            (&Scheme::HTTP, false)
        );
        assert_eq!(
            (target.to_string().as_str(), &Target::unix(path).unwrap()),
            (shown, &target)
        );
        reads_back(&target);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn accepts_abstract_sockets() {
    // G-4, I-33
    for (text, name) in [
        ("unix-abstract:cafe", "cafe"),
        ("unix-abstract:/run/cafe", "/run/cafe"),
        ("Unix-Abstract:a%20b%3F", "a b?"),
        ("unix-abstract:////x", "//x"),
    ] {
        let target = parse(text);
        assert_eq!(target.place(), Place::UnixAbstract(name), "{text}");
        assert_eq!(
            (target.authority().as_str(), target.scheme()),
            ("localhost", &Scheme::HTTP)
        );
        reads_back(&target);
    }
    assert_eq!(
        format!("{:?}", parse("unix-abstract:cafe")),
        "Target(unix-abstract:cafe)"
    );
}

#[test]
fn a_path_stands_before_those_of_methods() {
    //
    let table = [
        ("http://cafe/v1", "/v1", "http://cafe/v1"),
        ("http://cafe/v1/", "/v1", "http://cafe/v1"),
        (
            "http://Cafe:50051/Kitchen/v1",
            "/Kitchen/v1",
            "http://Cafe:50051/Kitchen/v1",
        ),
        ("http://[::1]/a", "/a", "http://[::1]/a"),
        // As it is written, escapes and all.
        (
            "http://cafe/a%2Fb/%7e/x-._~!$&'()*+,;=:@/...",
            "/a%2Fb/%7e/x-._~!$&'()*+,;=:@/...",
            "http://cafe/a%2Fb/%7e/x-._~!$&'()*+,;=:@/...",
        ),
    ];
    for (text, prefix, shown) in table {
        let target = parse(text);
        assert_eq!(target.prefix().unwrap(), prefix, "{text}");
        assert_eq!(target.to_string(), shown);
        reads_back(&target);
        // It is a matter of requests, not of the place.
        let (bare, _) = shown.split_at(shown.len() - prefix.len());
        let bare = parse(bare);
        assert_eq!(target.place(), bare.place());
        assert_eq!(target.authority(), bare.authority());
        assert_ne!(target, bare);
        let renamed = target.clone().with_authority(Authority::from_static("bar"));
        assert_eq!(renamed.prefix(), target.prefix());
    }
    assert_eq!(parse("http://cafe/").prefix(), None);
    assert_ne!(parse("http://cafe/v1"), parse("http://cafe/V1"));
}

#[cfg(unix)]
#[test]
fn all_of_a_unix_target_is_the_path_of_the_socket() {
    let target = parse("unix:/run/cafe.sock/v1/");
    assert_eq!(target.prefix(), None);
    assert_eq!(target.place(), Place::Unix(Path::new("/run/cafe.sock/v1/")));
}

#[test]
fn may_be_called_by_another_name() {
    // I-30, I-32
    let (text, name) = (
        "http://cafe:50051",
        Authority::from_static("[2001:db8::1]:1"),
    );
    let target = parse(text).with_authority(name.clone());
    assert_eq!((target.host(), target.authority()), ("2001:db8::1", &name));
    assert_eq!(target.place(), parse(text).place());
    assert_eq!(
        (target.port(), target.scheme()),
        (Some(50051), &Scheme::HTTP)
    );
    assert_eq!(target.to_string(), text);
    assert_eq!(
        format!("{target:?}"),
        "Target(http://cafe:50051 as [2001:db8::1]:1)"
    );
    assert_ne!(target, parse(text));
}

#[test]
fn is_a_key() {
    let keys: HashSet<_> = ["http://cafe", "http://CAFE/", "http://cafe:80"]
        .map(parse)
        .into();
    assert_eq!(keys.len(), 2);
}

#[test]
fn refuses_with_a_sentence_that_helps() {
    // G-1, G-3, G-4
    let table = [
        (
            "cafe:50051",
            "write http://cafe:50051 for plaintext, https://cafe:50051 or dns:///cafe:50051 for TLS",
        ),
        ("", "has no scheme"),
        (
            "/run/cafe.sock",
            "write unix:/run/cafe.sock for a unix socket",
        ),
        ("./cafe.sock", "write unix:./cafe.sock for a unix socket"),
        ("cafe:50051/unix:x", "has no scheme"),
        ("http:cafe", "is not a URI: write http://host:port"),
        ("https:/cafe", "is not a URI: write https://host:port"),
        ("unix:", "has no path: write unix:path"),
        ("unix://", "has no path: write unix:path"),
        (
            "unix://host/run",
            "has a host before the path: write unix:path, or unix:///path",
        ),
        ("unix://me@host/run", "has a host before the path"),
        (
            "unix:run?x",
            "has a query or a fragment: in a path write %3F for ? and %23 for #",
        ),
        ("unix:run#x", "has a query or a fragment"),
        ("unix:a%", "has a bad escape: write %25 for a percent sign"),
        ("unix:a%2", "has a bad escape"),
        ("unix:a%2x", "has a bad escape"),
        ("unix:a%ff", "has a bad escape"),
        ("unix:a%00", "can be no unix socket: "),
        ("unix-abstract:", "has no name: write unix-abstract:name"),
        (
            "unix-abstract://host/x",
            "has a host before the path: write unix-abstract:path",
        ),
        (
            "unix-abstract:%00cafe",
            "contains NUL: the one in front is not written",
        ),
        ("unix-abstract:a?b", "has a query or a fragment"),
        (
            "ftp://cafe",
            "unknown scheme \"ftp\": write http://host:port, https://host:port, dns:///host:port, ipv4:address:port, \
             ipv6:[address]:port or unix:path",
        ),
        ("://cafe", "unknown scheme \"\""),
        (
            "http://cafe//",
            "has an empty segment, . or .. in its path: write http://host:port/prefix as the server is to see it",
        ),
        ("http://cafe//v1", "has an empty segment"),
        ("http://cafe/v1//", "has an empty segment"),
        ("http://cafe/./v1", "has an empty segment, . or .."),
        ("http://cafe/v1/..", "has an empty segment, . or .."),
        (
            "http://cafe/v 1",
            "has ' ' in its path: write it as an escape, such as %20 for a space",
        ),
        ("http://cafe/caf\u{e9}", "has '\u{e9}' in its path"),
        ("http://cafe/{v1}", "has '{' in its path"),
        ("http://cafe/a\0", "has '\\0' in its path"),
        ("http://cafe/100%", "has a bad escape: write %25"),
        ("http://cafe/%zz", "has a bad escape"),
        (
            "http://cafe/v1?x",
            "has a query or a fragment: write http://host:port, and at most a path after it",
        ),
        ("http://cafe/v1#x", "has a query or a fragment"),
        ("http://me@cafe/v1", "has a user name"),
        ("http:///v1", "has no host"),
        ("http://cafe/?x", "has a query or a fragment"),
        ("http://cafe?x", "has a query or a fragment"),
        ("http://cafe#x", "has a query or a fragment"),
        ("http://me@cafe", "has a user name"),
        ("http://me:secret@cafe", "has a user name"),
        ("http://", "has no host"),
        ("http:///", "has no host"),
        ("http://:80", "has no host"),
        ("http://cafe:", "has a bad port"),
        ("http://cafe:0", "has a bad port"),
        ("http://cafe:+80", "has a bad port"),
        ("http://cafe:65536", "has a bad port"),
        ("http://cafe:http", "has a bad port"),
        ("http://[::1]:x", "has a bad port"),
        ("http://::1", "write an IPv6 address as http://[::1]:port"),
        ("http://[::1", "is not a URI"),
        ("http://[]", "is not a URI"),
        ("http://[::1]x", "is not a URI"),
        ("http://[cafe]:1", "is not a URI"),
        ("http://ca fe", "is not a URI"),
        ("http://café", "is not a URI"),
        ("http://ca\0fe", "is not a URI"),
    ];
    for (text, expected) in table {
        let error = Target::parse(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
        assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        assert_eq!(error.text(), text);
    }
}

#[test]
fn tells_its_cause_once() {
    // A cause that the text does not tell is the source; one that it tells only if it is an I/O error.
    for (text, is_given) in [
        ("http://cafe:x", true),
        ("http://[x]", false),
        ("http://ca fe", false),
        ("unix:%ff", true),
        ("unix:a%00b", true),
    ] {
        let error = Target::parse(text).unwrap_err();
        assert_eq!(error.source().is_some(), is_given, "{error}");
    }
    let error = Target::parse("cafe").unwrap_err();
    assert!(matches!(error.problem(), Problem::NoScheme));
    assert!(error.source().is_none());
}

/// No system has a place for such a name.
#[test]
fn the_name_of_a_socket_may_be_too_long() {
    let long = "x".repeat(200);
    for text in [format!("unix:{long}"), format!("unix-abstract:{long}")] {
        let error = Target::parse(&text).unwrap_err();
        assert!(matches!(error.problem(), Problem::Socket(_)), "{error}");
        assert!(error.source().unwrap().is::<io::Error>(), "{error}");
    }
    let error = Target::unix(long.clone() + "?").unwrap_err();
    assert_eq!(error.text(), format!("unix:{long}%3F"));
}

/// Every string of four of the pieces that matter: never a panic, and what is accepted reads back.
#[test]
fn survives_any_string() {
    const PARTS: [&str; 18] = [
        "http://", "a", ":", "/", "[", "]", "@", "?", "1", "%", " ", "\u{e9}", "::1", "\u{0}",
        "unix:", "%41", "#", "..",
    ];
    const STARTS: [&str; 5] = ["", "http://", "https://", "unix:", "unix-abstract:"];
    for number in 0..PARTS.len().pow(4) {
        let mut rest = number;
        let mut tail = String::new();
        for _ in 0..4 {
            tail.push_str(PARTS[rest % PARTS.len()]);
            rest /= PARTS.len();
        }
        for start in STARTS {
            match Target::parse(&format!("{start}{tail}")) {
                Ok(target) => reads_back(&target),
                Err(error) => assert!(error.to_string().len() > error.text().len()),
            }
        }
    }
}
