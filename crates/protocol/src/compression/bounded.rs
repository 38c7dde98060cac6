//! Output that grows with what is written into it, up to a limit.

use std::io::{self, Read};

use bytes::BytesMut;

use super::DecompressError;

/// The least room that is given to a writer, in bytes.
const ROOM: usize = 4 * 1024;

/// Appends what a reader gives, up to its end, and at most `limit` bytes.
///
/// Memory grows with what was read, so a message that claims or becomes much costs no more than the limit.
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::compression::{DecompressError, read_to_limit};
///
/// let mut output = BytesMut::new();
/// read_to_limit(&b"latte"[..], &mut output, 5)?;
/// assert_eq!(output, "latte");
///
/// let bomb = read_to_limit(std::io::repeat(0), &mut output, 5);
/// assert!(matches!(bomb, Err(DecompressError::OverLimit)));
/// # Ok::<_, DecompressError>(())
/// ```
///
/// # Errors
///
/// [`OverLimit`](DecompressError::OverLimit) as soon as there is one byte more; what the reader fails with. `output`
/// then holds what was read until there.
pub fn read_to_limit(
    mut reader: impl Read,
    output: &mut BytesMut,
    limit: usize,
) -> Result<(), DecompressError> {
    let read = |room: &mut [u8]| {
        Ok(match reader.read(room)? {
            0 => Step::End(0),
            more => Step::More(more),
        })
    };
    match fill(output, limit, read)? {
        Filled::Whole => Ok(()),
        Filled::OverLimit => Err(DecompressError::OverLimit),
    }
}

/// What a writer did with the room it was given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// It wrote so much, and has more.
    More(usize),
    /// It wrote so much, and that was all.
    End(usize),
}

/// How a fill ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Filled {
    Whole,
    OverLimit,
}

/// Gives room behind what is in the output until all is written, or one byte more than the limit.
pub(super) fn fill(
    output: &mut BytesMut,
    limit: usize,
    mut write: impl FnMut(&mut [u8]) -> io::Result<Step>,
) -> io::Result<Filled> {
    let mut written = output.len();
    let end = written.saturating_add(limit).saturating_add(1);
    let filled = loop {
        if written == output.len() {
            let spare = output.capacity() - written;
            output.resize(end.min(written.saturating_add(spare.max(ROOM))), 0);
        }
        let (more, ended) = match write(&mut output[written..]) {
            Ok(Step::More(0)) => break Err(io::ErrorKind::WriteZero.into()),
            Ok(Step::More(more)) => (more, false),
            Ok(Step::End(more)) => (more, true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Err(error),
        };
        written += more;
        if written == end {
            break Ok(Filled::OverLimit);
        }
        if ended {
            break Ok(Filled::Whole);
        }
    };
    output.truncate(written);
    filled
}
