//! Ports that nobody is to be contacted at.

/// The bad ports of the Fetch standard, which the W3C prohibits candidates on (WebRTC 1.0 §4.4.2,
/// "administratively prohibited"): services that a datagram from us might confuse.
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Whether nothing may be sent to this port of a peer. Such a candidate is treated as any other,
/// so that nobody learns from us which ports are blocked: it looks as if nobody answered.
pub(crate) fn is_prohibited(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found() {
        assert!(BAD_PORTS.is_sorted());
        assert!(BAD_PORTS.iter().all(|port| is_prohibited(*port)));
        assert!(
            [10, 80, 443, 3478, 6670, 10_081, 49_152]
                .iter()
                .all(|port| !is_prohibited(*port))
        );
    }
}
