//! Keeps code in proto comments from becoming doctests.

use prost_types::FileDescriptorProto;

/// Marks fenced blocks as text, whatever language they name.
///
/// Indented blocks become fenced text in prost-build.
pub(crate) fn disarm(files: &mut [FileDescriptorProto]) {
    let infos = files
        .iter_mut()
        .filter_map(|file| file.source_code_info.as_mut());
    for location in infos.flat_map(|info| &mut info.location) {
        let leading = location.leading_comments.iter_mut();
        for text in leading.chain(&mut location.trailing_comments) {
            *text = disarmed(text);
        }
    }
}

fn disarmed(comment: &str) -> String {
    let mut open: Option<&str> = None;
    let mut out = String::with_capacity(comment.len());
    for line in comment.lines() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        match (open, mark) {
            (None, Some(mark)) => {
                open = Some(mark);
                let fence = trimmed.len() - trimmed.trim_start_matches(&mark[..1]).len();
                let end = line.len() - trimmed.len() + fence;
                out.push_str(&line[..end]);
                out.push_str("text");
            }
            (Some(current), Some(mark)) if current == mark => {
                open = None;
                out.push_str(line);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
