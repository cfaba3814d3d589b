use std::net::IpAddr;

use super::Name;

/// Pointers reach no further (RFC 1035 §4.1.4).
const MAX_POINTER: usize = 0x3fff;

/// Appends the parts of a message.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Where names stand already.
    names: Vec<(Name, u16)>,
}

impl Writer {
    pub(super) fn u16(&mut self, number: u16) {
        self.bytes.extend(number.to_be_bytes());
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes.extend(number.to_be_bytes());
    }

    /// A name, in two bytes if it was written before (RFC 6762 §18.14).
    pub(super) fn name(&mut self, name: Name) {
        if let Some((_, at)) = self.names.iter().find(|(known, _)| *known == name) {
            self.u16(0xc000 | at);
            return;
        }
        if self.bytes.len() <= MAX_POINTER
            && let Ok(at) = u16::try_from(self.bytes.len())
        {
            self.names.push((name, at));
        }
        self.label(&name.label());
        self.label(Name::domain());
        self.bytes.push(0);
    }

    /// An address, after its length.
    pub(super) fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => {
                self.u16(4);
                self.bytes.extend(address.octets());
            }
            IpAddr::V6(address) => {
                self.u16(16);
                self.bytes.extend(address.octets());
            }
        }
    }

    /// That a name has one type of record, below 256, after its length (RFC 4034 §4.1).
    pub(super) fn types(&mut self, name: Name, kind: u16) {
        let start = self.bytes.len();
        self.u16(0);
        self.name(name);
        let bits = usize::from(kind / 8);
        self.bytes.push(0);
        self.bytes.push(u8::try_from(bits + 1).unwrap_or(0));
        self.bytes.resize(self.bytes.len() + bits, 0);
        self.bytes.push(0x80 >> (kind % 8));
        let length = self.bytes.len() - start - 2;
        let length = u16::try_from(length).unwrap_or(0).to_be_bytes();
        self.bytes[start..start + 2].copy_from_slice(&length);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Ours are shorter than 64 bytes.
    fn label(&mut self, label: &str) {
        self.bytes.push(u8::try_from(label.len()).unwrap_or(0));
        self.bytes.extend(label.as_bytes());
    }
}
