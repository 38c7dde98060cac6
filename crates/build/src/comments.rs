//! Makes proto comments into rustdoc that neither runs nor warns.
//!
//! Code in a comment is seldom Rust and never a test; `Map<K>` in prose is no HTML.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3';
//! // Holds a list<M>:
//! //
//! //     let m = todo();
//! message M {}";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("/// ```text\n/// let m = todo();\n/// ```"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost_build::Comments;
use prost_types::FileDescriptorProto;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Cleans the comments of whole files, before prost writes the messages.
pub(crate) fn clean(files: &mut [FileDescriptorProto]) {
    let infos = files
        .iter_mut()
        .filter_map(|file| file.source_code_info.as_mut());
    for location in infos.flat_map(|info| &mut info.location) {
        let leading = location.leading_comments.iter_mut();
        for text in leading.chain(&mut location.trailing_comments) {
            *text = cleaned(text);
        }
    }
}

/// Gives a clean comment as rustdoc, or a sentence of ours where there is none.
pub(crate) fn docs(comments: &Comments, otherwise: &str) -> String {
    let mut comments = comments.clone();
    comments.leading_detached.clear();
    let mut text = String::new();
    comments.append_with_indent(0, &mut text);
    if text.trim().is_empty() {
        format!("/// {otherwise}\n")
    } else {
        text
    }
}

/// Reads a comment as Markdown and writes it again, with what could harm left out or escaped.
fn cleaned(comment: &str) -> String {
    let comment = &visible(comment);
    let extensions = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let mut links = Vec::new();
    let events = Parser::new_ext(comment, extensions)
        .map(harmless)
        .flat_map(prose);
    let events = events.filter(|event| !is_path_link(event, &mut links));
    let options = pulldown_cmark_to_cmark::Options {
        code_block_token_count: 3,
        ..Default::default()
    };
    let mut text = String::with_capacity(comment.len());
    match pulldown_cmark_to_cmark::cmark_with_options(events, &mut text, options) {
        Ok(_) => without_broken_links(text.trim_start()),
        Err(_) => comment.to_owned(),
    }
}

/// Whether it begins or ends a link to no address, which rustdoc would look for among Rust's names.
fn is_path_link(event: &Event<'_>, links: &mut Vec<bool>) -> bool {
    match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            let address = dest_url.contains("://") || dest_url.starts_with("mailto:");
            links.push(!address && !dest_url.contains('@'));
            links.last() == Some(&true)
        }
        Event::End(TagEnd::Link) => links.pop() == Some(true),
        _ => false,
    }
}

/// Writes addresses that no link can be made of so that nobody takes them for one.
fn without_broken_links(text: &str) -> String {
    const BREAKING: [char; 8] = ['[', ']', '<', '>', '\\', '`', '*', '|'];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, address) = rest.split_at(start);
        let end = address.find(|c: char| c.is_whitespace() || c == ')');
        let (address, behind) = address.split_at(end.unwrap_or(address.len()));
        out.push_str(before);
        if before.ends_with("http") || before.ends_with("https") {
            // The brackets of a link around it are none of the address.
            let inner = address.trim_end_matches(['>', ']', ',', '.']);
            out.push_str(if inner.contains(BREAKING) {
                ":\\//"
            } else {
                "://"
            });
            out.push_str(&address[3..]);
        } else {
            out.push_str(address);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Leaves out what rustc refuses in documentation, such as signs that turn the direction of text; clippy wants no tabs.
fn visible(comment: &str) -> String {
    let mut text = String::with_capacity(comment.len());
    for c in comment.chars() {
        match c {
            '\t' => text.push_str("    "),
            '\r' => text.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() && c != '\n' => {}
            c => text.push(c),
        }
    }
    text
}

/// Makes code of any language, and of none, code that is only shown; makes blocks of HTML paragraphs.
fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::CodeBlock(_)) => {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced("text".into())))
        }
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        event => event,
    }
}

/// Makes text of HTML: in pieces, for a sign that means something is escaped at the beginning of one only.
fn prose(event: Event<'_>) -> Vec<Event<'_>> {
    let (Event::Html(text) | Event::InlineHtml(text)) = event else {
        return vec![event];
    };
    let mut cuts: Vec<_> = text
        .match_indices(['<', '[', ']', '*', '_', '`'])
        .map(|(at, _)| at)
        .collect();
    cuts.insert(0, 0);
    cuts.push(text.len());
    let pieces = cuts.windows(2).map(|cut| text[cut[0]..cut[1]].to_owned());
    pieces.map(|piece| Event::Text(piece.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn code_is_text() {
        for code in [
            "```rust\nlet x;\n```",
            "```\nlet x;\n```",
            "~~~rust,no_run\nlet x;\n~~~",
            "````text\nlet x;\n````",
            "    let x;\n",
        ] {
            assert_eq!(cleaned(code), "```text\nlet x;\n```", "{code}");
        }
        assert_eq!(
            cleaned("> ```rust\n> let x;\n> ```")
                .matches("text")
                .count(),
            1
        );
    }

    #[test]
    fn html_is_prose() {
        assert_eq!(cleaned("A Vec<u8> of <T>."), "A Vec\\<u8> of \\<T>.");
        assert_eq!(cleaned("<Foo>\nbar"), "\\<Foo>\nbar");
    }

    #[test]
    fn links_lead_to_addresses() {
        for (link, expected) in [
            ("[a](self::b)", "a"),
            ("[`a`][b]\n\n[b]: crate::b", "`a`"),
            (
                "See http://a.example/[b].",
                "See http:\\//a.example/\\[b\\].",
            ),
        ] {
            assert_eq!(cleaned(link), expected);
        }
    }

    #[test]
    fn what_rustc_refuses_is_left_out() {
        assert_eq!(cleaned("a\tb\u{202e}\u{1}\rc"), "a    b\nc");
    }

    #[test]
    fn prose_stays() {
        for prose in [
            "One.\n\nTwo.",
            "* a\n* b",
            "`<T>` costs $1",
            "See [a](https://b.example).",
            "See https://a.example/b_c.",
        ] {
            assert_eq!(cleaned(prose), prose);
        }
    }
}
