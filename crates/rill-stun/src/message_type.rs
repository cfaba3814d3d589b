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

/// The 12-bit method. ICE uses one, [`Method::BINDING`]; the others named here are TURN's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(u16);

impl Method {
    /// Binding (RFC 8489 §18.2).
    pub const BINDING: Self = Self(0x001);
    /// Allocate (RFC 8656 §17).
    pub const ALLOCATE: Self = Self(0x003);
    /// Refresh (RFC 8656 §17).
    pub const REFRESH: Self = Self(0x004);
    /// Send, an indication to the server (RFC 8656 §17).
    pub const SEND: Self = Self(0x006);
    /// Data, an indication from the server (RFC 8656 §17).
    pub const DATA: Self = Self(0x007);
    /// CreatePermission (RFC 8656 §17).
    pub const CREATE_PERMISSION: Self = Self(0x008);
    /// ChannelBind (RFC 8656 §17).
    pub const CHANNEL_BIND: Self = Self(0x009);

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
        f.write_str(match *self {
            Self::BINDING => "Binding",
            Self::ALLOCATE => "Allocate",
            Self::REFRESH => "Refresh",
            Self::SEND => "Send",
            Self::DATA => "Data",
            Self::CREATE_PERMISSION => "CreatePermission",
            Self::CHANNEL_BIND => "ChannelBind",
            Self(number) => return write!(f, "Method({number:#05x})"),
        })
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
    fn types_of_turn_are_those_that_its_servers_send() {
        assert_eq!(encode(Class::Request, Method::ALLOCATE), 0x0003);
        assert_eq!(encode(Class::Error, Method::ALLOCATE), 0x0113);
        assert_eq!(encode(Class::Success, Method::REFRESH), 0x0104);
        assert_eq!(encode(Class::Indication, Method::SEND), 0x0016);
        assert_eq!(encode(Class::Indication, Method::DATA), 0x0017);
        assert_eq!(encode(Class::Request, Method::CREATE_PERMISSION), 0x0008);
        assert_eq!(encode(Class::Request, Method::CHANNEL_BIND), 0x0009);
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
