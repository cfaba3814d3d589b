//! A diagnosis as JSON (RFC 8259).

use std::fmt::{self, Write as _};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write_text(f, text),
            Self::List(list) => {
                f.write_char('[')?;
                for (place, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if place == 0 { "" } else { "," })?;
                }
                f.write_char(']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (place, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}\"{name}\":{value}", if place == 0 { "" } else { "," })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// RFC 8259 §7.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            control if control < ' ' => write!(f, "\\u{:04x}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

impl Value {
    /// The texts of things.
    pub(super) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(
            items
                .into_iter()
                .map(|item| Self::Text(item.to_string()))
                .collect(),
        )
    }

    pub(super) fn list<T>(items: impl IntoIterator<Item = T>, value: impl Fn(T) -> Self) -> Self {
        Self::List(items.into_iter().map(value).collect())
    }

    pub(super) fn text(item: impl ToString) -> Self {
        Self::Text(item.to_string())
    }

    /// As near as a number of JSON comes.
    pub(super) fn count(count: u64) -> Self {
        Self::Number(count as f64)
    }

    pub(super) fn milliseconds(time: std::time::Duration) -> Self {
        Self::Number((time.as_secs_f64() * 10_000.0).round() / 10.0)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let value = Value::text("a \"b\" \\ \n \u{1} é");
        assert_eq!(value.to_string(), r#""a \"b\" \\ \u000a \u0001 é""#);
    }

    #[test]
    fn objects_lists_and_numbers() {
        let value = Value::Object(vec![
            ("list", Value::texts([1, 2])),
            ("none", None::<bool>.into()),
            ("flag", true.into()),
            ("number", Value::Number(1.5)),
            ("count", Value::count(7)),
            ("empty", Value::Object(Vec::new())),
        ]);
        let json =
            r#"{"list":["1","2"],"none":null,"flag":true,"number":1.5,"count":7,"empty":{}}"#;
        assert_eq!(value.to_string(), json);
    }
}
