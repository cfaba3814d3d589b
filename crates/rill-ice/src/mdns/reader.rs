use super::Name;
use super::message::ParseError;

/// A name has at most so many bytes, the length of each label included (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;

/// Walks over the bytes of a message.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn u16(&mut self) -> Result<u16, ParseError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, ParseError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let taken = slice(self.bytes, self.at, length)?;
        self.at += length;
        Ok(taken)
    }

    /// A name, if it is that of a candidate (RFC 1035 §4.1.4).
    pub(super) fn name(&mut self) -> Result<Option<Name>, ParseError> {
        let mut labels: [&[u8]; 2] = [&[]; 2];
        let (mut count, mut length) = (0, 1);
        let mut at = self.at;
        // Each pointer leads to before the part that it ends, so the walk ends too.
        let mut floor = at;
        let mut end = None;
        loop {
            let byte = slice(self.bytes, at, 1)?[0];
            match byte >> 6 {
                0 if byte == 0 => break,
                0 => {
                    let label = slice(self.bytes, at + 1, usize::from(byte))?;
                    length += 1 + label.len();
                    if length > MAX_NAME {
                        return Err(ParseError::Name);
                    }
                    if let Some(place) = labels.get_mut(count) {
                        *place = label;
                    }
                    count += 1;
                    at += 1 + label.len();
                }
                3 => {
                    let low = slice(self.bytes, at + 1, 1)?[0];
                    end.get_or_insert(at + 2);
                    at = usize::from(byte & 0x3f) << 8 | usize::from(low);
                    if at >= floor {
                        return Err(ParseError::Name);
                    }
                    floor = at;
                }
                _ => return Err(ParseError::Name),
            }
        }
        self.at = end.unwrap_or(at + 1);
        let [host, domain] = labels;
        Ok(if count == 2 {
            Name::from_labels(host, domain)
        } else {
            None
        })
    }

    /// Passes over a name, without looking where its pointer leads.
    pub(super) fn skip_name(&mut self) -> Result<(), ParseError> {
        loop {
            let byte = self.take(1)?[0];
            match byte >> 6 {
                0 if byte == 0 => return Ok(()),
                0 => {
                    self.take(usize::from(byte))?;
                }
                3 => {
                    self.take(1)?;
                    return Ok(());
                }
                _ => return Err(ParseError::Name),
            }
        }
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], ParseError> {
        let taken = self.take(LENGTH)?;
        taken.try_into().map_err(|_| ParseError::Truncated)
    }
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], ParseError> {
    bytes.get(at..at + length).ok_or(ParseError::Truncated)
}
