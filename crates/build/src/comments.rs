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

fn cleaned(comment: &str) -> String {
    let extensions = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(comment, extensions).map(harmless);
    let options = pulldown_cmark_to_cmark::Options {
        code_block_token_count: 3,
        ..Default::default()
    };
    let mut text = String::with_capacity(comment.len());
    match pulldown_cmark_to_cmark::cmark_with_options(events, &mut text, options) {
        Ok(_) => text.trim_start().to_owned(),
        Err(_) => comment.to_owned(),
    }
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::CodeBlock(_)) => {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced("text".into())))
        }
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    }
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
    fn prose_stays() {
        for prose in [
            "One.\n\nTwo.",
            "* a\n* b",
            "`<T>` costs $1",
            "See [a](https://b.example).",
        ] {
            assert_eq!(cleaned(prose), prose);
        }
    }
}
