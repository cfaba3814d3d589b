//! Limits on what a peer can make us read. A description that exceeds one is refused as a whole.

/// The longest description that is read, in bytes.
///
/// A Chromium offer of three sections has about 8 kB, one of a hundred video sections 300 kB.
pub const MAX_SESSION_BYTES: usize = 1 << 20;

/// The longest line that is read, in bytes, without its line end.
pub const MAX_LINE_BYTES: usize = 1 << 16;

/// The largest number of media descriptions in one session.
pub const MAX_MEDIA: usize = 1024;

/// The largest number of items in one description: lines, plus the entries of those that hold a
/// list, a candidate counting as four because it is four times as large.
///
/// Bounds the memory of a parsed description to about ten times [`MAX_SESSION_BYTES`].
pub const MAX_ITEMS: usize = 1 << 15;

/// The largest number of candidates in one media description.
pub const MAX_CANDIDATES: usize = 256;
