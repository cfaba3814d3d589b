//! The parameters of a format, as an fmtp line has them.

/// The text after the payload type of an `a=fmtp` line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'a>(Option<&'a str>);

impl<'a> Parameters<'a> {
    pub(super) const fn new(text: Option<&'a str>) -> Self {
        Self(text)
    }

    /// Names and values; what has no `=` has an empty value.
    pub(super) fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .unwrap_or_default()
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| match text.split_once('=') {
                Some((name, value)) => (name.trim(), value.trim()),
                None => (text, ""),
            })
    }

    /// The value of the parameter, whose name has no case (RFC 4855 §1).
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        self.pairs()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_spaces_do_not_count() {
        let parameters = Parameters::new(Some("Profile-Level-Id=42E01F; packetization-mode=1;;x"));
        assert_eq!(parameters.get("profile-level-id"), Some("42E01F"));
        assert_eq!(parameters.get("packetization-mode"), Some("1"));
        assert_eq!(parameters.get("x"), Some(""));
        assert_eq!(parameters.get("max-fs"), None);
        assert_eq!(Parameters::new(None).get("x"), None);
    }
}
