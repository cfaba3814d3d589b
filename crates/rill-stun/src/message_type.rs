//! The 14-bit message type: a class and a method, interleaved (RFC 8489 §5, Figure 3).

use std::fmt;

/// What a message is in its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Asks for a response.
    Request,
    /// Needs no response.
    Indication,
    /// The request was done.
    Success,
    /// The request was refused; the message carries an ERROR-CODE.
    Error,
}

/// The 12-bit method. ICE uses one: [`Method::BINDING`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(u16);

impl Method {
    /// Binding (RFC 8489 §18.2).
    pub const BINDING: Self = Self(0x001);

    /// The method with this number, or `None` above 0xFFF.
    pub const fn new(number: u16) -> Option<Self> {
        if number <= 0xfff {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The method's number, at most 0xFFF.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::BINDING {
            f.write_str("Binding")
        } else {
            write!(f, "Method({:#05x})", self.0)
        }
    }
}

/// Splits a type field, or `None` when its two top bits are set (RFC 8489 §5: they are zero).
pub(crate) fn decode(bits: u16) -> Option<(Class, Method)> {
    if bits & 0xc000 != 0 {
        return None;
    }
    let class = match (bits & 0x0100 != 0, bits & 0x0010 != 0) {
        (false, false) => Class::Request,
        (false, true) => Class::Indication,
        (true, false) => Class::Success,
        (true, true) => Class::Error,
    };
    let method = (bits & 0x000f) | ((bits & 0x00e0) >> 1) | ((bits & 0x3e00) >> 2);
    Some((class, Method(method)))
}

/// The type field of a class and a method.
pub(crate) fn encode(class: Class, method: Method) -> u16 {
    let class = match class {
        Class::Request => 0x0000,
        Class::Indication => 0x0010,
        Class::Success => 0x0100,
        Class::Error => 0x0110,
    };
    let Method(method) = method;
    class | (method & 0x000f) | ((method & 0x0070) << 1) | ((method & 0x0f80) << 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binding_types_are_those_of_the_registry() {
        assert_eq!(encode(Class::Request, Method::BINDING), 0x0001);
        assert_eq!(encode(Class::Indication, Method::BINDING), 0x0011);
        assert_eq!(encode(Class::Success, Method::BINDING), 0x0101);
        assert_eq!(encode(Class::Error, Method::BINDING), 0x0111);
    }

    #[test]
    fn every_type_survives_a_round_trip() {
        for bits in 0..0x4000 {
            let (class, method) = decode(bits).expect("the two top bits are clear");
            assert!(method.number() <= 0xfff);
            assert_eq!(encode(class, method), bits);
        }
    }

    #[test]
    fn types_with_a_top_bit_are_not_stun() {
        assert_eq!(decode(0x4001), None);
        assert_eq!(decode(0x8001), None);
    }

    #[test]
    fn methods_have_twelve_bits() {
        assert_eq!(Method::new(0x1000), None);
        assert_eq!(Method::new(0xfff).map(Method::number), Some(0xfff));
        assert_eq!(format!("{:?}", Method::BINDING), "Binding");
    }
}
