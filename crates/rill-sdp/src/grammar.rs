//! The small rules that many lines share: words between spaces, numbers, alphabets.

use std::ops::RangeInclusive;

use crate::error::{Fault, FieldError};

/// Fields separated by exactly one space.
pub(crate) struct Fields<'a> {
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: Some(text) }
    }

    /// The next field, or `None` at the end of the text. It is empty if two spaces meet.
    pub(crate) fn next_raw(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let (field, rest) = match rest.split_once(' ') {
            Some((field, rest)) => (field, Some(rest)),
            None => (rest, None),
        };
        self.rest = rest;
        Some(field)
    }

    /// The next field, which must be there.
    pub(crate) fn next(&mut self, field: &'static str) -> Result<&'a str, FieldError> {
        match self.next_raw() {
            None | Some("") => Err(FieldError::missing(field)),
            Some(text) => Ok(text),
        }
    }

    /// The next field, which may be absent but not empty.
    pub(crate) fn next_optional(
        &mut self,
        field: &'static str,
    ) -> Result<Option<&'a str>, FieldError> {
        if self.rest.is_none() {
            Ok(None)
        } else {
            self.next(field).map(Some)
        }
    }

    /// Takes the next field if it is `word`, in any case.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let taken = self
            .rest
            .and_then(|rest| rest.split(' ').next())
            .is_some_and(|next| next.eq_ignore_ascii_case(word));
        if taken {
            self.next_raw();
        }
        taken
    }

    /// Everything that has not been taken, spaces included.
    pub(crate) const fn rest(&self) -> Option<&'a str> {
        self.rest
    }

    /// That nothing is left.
    pub(crate) const fn finish(&self, field: &'static str) -> Result<(), FieldError> {
        match self.rest {
            None => Ok(()),
            Some(_) => Err(FieldError::new(field, Fault::Unexpected)),
        }
    }
}

/// A decimal number in `range`, without sign.
pub(crate) fn number<T: TryFrom<u64>>(
    field: &'static str,
    text: &str,
    range: RangeInclusive<u64>,
) -> Result<T, FieldError> {
    let (min, max) = (*range.start(), *range.end());
    if text.is_empty() {
        return Err(FieldError::missing(field));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::new(field, Fault::Digits));
    }
    text.parse::<u64>()
        .ok()
        .filter(|value| range.contains(value))
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| FieldError::new(field, Fault::Range { min, max }))
}

/// As [`number`], and it must not start with a zero unless it is zero.
pub(crate) fn plain_number<T: TryFrom<u64>>(
    field: &'static str,
    text: &str,
    range: RangeInclusive<u64>,
) -> Result<T, FieldError> {
    if text.len() > 1 && text.starts_with('0') {
        return Err(FieldError::new(field, Fault::LeadingZero));
    }
    number(field, text, range)
}

/// A port number.
pub(crate) fn port(field: &'static str, text: &str) -> Result<u16, FieldError> {
    number(field, text, 0..=u64::from(u16::MAX))
}

/// A `token` of RFC 8866 §9.
pub(crate) fn token<'a>(field: &'static str, text: &'a str) -> Result<&'a str, FieldError> {
    let alphabet = "letters, digits and !#$%&'*+-.^_`{|}~";
    checked(field, text, 1..=usize::MAX, is_token_char, alphabet)
}

/// A `non-ws-string` of RFC 8866 §9: visible characters.
pub(crate) fn visible<'a>(field: &'static str, text: &'a str) -> Result<&'a str, FieldError> {
    let is_visible = |byte: u8| byte > 0x20 && byte != 0x7f;
    checked(
        field,
        text,
        1..=usize::MAX,
        is_visible,
        "visible characters",
    )
}

/// `ice-char`s of RFC 8839 §5.1.
pub(crate) fn ice_chars<'a>(
    field: &'static str,
    text: &'a str,
    length: RangeInclusive<usize>,
) -> Result<&'a str, FieldError> {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    checked(
        field,
        text,
        length,
        is_ice_char,
        "letters, digits, `+` and `/`",
    )
}

/// Text of a length in `length` whose bytes all satisfy `allowed`.
pub(crate) fn checked<'a>(
    field: &'static str,
    text: &'a str,
    length: RangeInclusive<usize>,
    allowed: impl Fn(u8) -> bool,
    alphabet: &'static str,
) -> Result<&'a str, FieldError> {
    if text.is_empty() {
        return Err(FieldError::missing(field));
    }
    if !length.contains(&text.len()) {
        let (min, max) = (*length.start(), *length.end());
        return Err(FieldError::new(
            field,
            Fault::Length {
                min,
                max,
                found: text.len(),
            },
        ));
    }
    if !text.bytes().all(allowed) {
        return Err(FieldError::new(field, Fault::Alphabet { alphabet }));
    }
    Ok(text)
}

pub(crate) fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_in_range() {
        assert_eq!(number::<u16>("port", "65535", 0..=65535), Ok(65535));
        let range = Err(FieldError::new("port", Fault::Range { min: 0, max: 65535 }));
        assert_eq!(number::<u16>("port", "65536", 0..=65535), range);
        assert_eq!(
            number::<u16>("port", "99999999999999999999999", 0..=65535),
            range
        );
        for text in ["-1", "+1", "1e9", " 1", "0x10", "١"] {
            let digits = Err(FieldError::new("port", Fault::Digits));
            assert_eq!(number::<u16>("port", text, 0..=65535), digits, "{text}");
        }
        assert_eq!(
            number::<u16>("port", "", 0..=65535),
            Err(FieldError::missing("port"))
        );
    }

    #[test]
    fn plain_numbers_have_no_leading_zero() {
        assert_eq!(plain_number::<u64>("n", "0", 0..=u64::MAX), Ok(0));
        let zero = Err(FieldError::new("n", Fault::LeadingZero));
        assert_eq!(plain_number::<u64>("n", "01", 0..=u64::MAX), zero);
    }

    #[test]
    fn two_spaces_make_an_empty_field() {
        let mut fields = Fields::new("a  b");
        assert_eq!(fields.next("first"), Ok("a"));
        assert_eq!(fields.next("second"), Err(FieldError::missing("second")));
        assert_eq!(fields.rest(), Some("b"));
        assert!(fields.finish("end").is_err());
    }
}
