//! Fills the gaps of a piece of Rust text; prettyplease lays it out afterwards.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .out_dir(out.path())
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
//! assert!(code.contains("pub struct CoffeeMachineStub<S = ::ziggurat::Channel"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

/// The stub, the opened calls and the methods of a service.
///
/// It allows dead code, as a program rarely calls every method, and what clippy dislikes in names
/// and prose, which are the `.proto` file's.
pub(crate) const SERVICE: &str = include_str!("template/service.rs.txt");
/// One RPC of the stub.
pub(crate) const CALL: &str = include_str!("template/call.rs.txt");
/// One RPC of the opened calls.
pub(crate) const OPEN: &str = include_str!("template/open.rs.txt");
/// One RPC of the methods.
pub(crate) const CONSTANT: &str = include_str!("template/constant.rs.txt");

/// Names a gap, without its `$`, and what goes into it.
pub(crate) type Gap<'a> = (&'static str, &'a str);

/// Fills each `$NAME` in one pass, so that a `$` in what is filled in stays as it is.
pub(crate) fn fill(template: &str, gaps: &[Gap<'_>]) -> String {
    let mut parts = template.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_uppercase() && c != '_')
            .unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let (_, value) = (gaps.iter().find(|gap| gap.0 == name))
            .expect("a template has only gaps that its caller fills");
        text.push_str(value);
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn one_pass() {
        let gaps = [("A", "$B"), ("A_B", "2")];
        assert_eq!(fill("$A::$A_B<$Ab>", &gaps), "$B::2<$Bb>");
        assert_eq!(fill("", &gaps), "");
        assert_eq!(fill("$A", &gaps), "$B");
    }
}
