//! The state cookie (RFC 9260 §5.1.3): what an INIT said, kept by the one who sent it.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Init, Tsn, u16_at, u32_at};

/// RFC 9260 §16: Valid.Cookie.Life.
const LIFE: Duration = Duration::from_secs(60);
/// Of the MAC; RFC 2104 §5 allows half of it.
const MAC: usize = 16;
const LENGTH: usize = 45;

/// The secret that our cookies are made with.
#[derive(Clone)]
pub(crate) struct CookieKey(pub(crate) [u8; 32]);

/// What a cookie holds. No address is in it, and nothing of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    /// Time since the association was made.
    pub(crate) at: Duration,
    pub(crate) local_tag: u32,
    pub(crate) local_first_tsn: Tsn,
    /// What the peer said.
    pub(crate) peer: Init,
    /// The tags of the association that there was, (ours, the peer's); zeros: there was none.
    pub(crate) tie_tags: (u32, u32),
}

impl Cookie {
    pub(crate) fn seal(&self, key: &CookieKey) -> Vec<u8> {
        let peer = &self.peer;
        let mut out = Vec::with_capacity(LENGTH + MAC);
        let at = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        out.extend(at.to_be_bytes());
        out.extend(self.local_tag.to_be_bytes());
        out.extend(self.local_first_tsn.0.to_be_bytes());
        out.extend(peer.tag.to_be_bytes());
        out.extend(peer.window.to_be_bytes());
        out.extend(peer.outbound_streams.to_be_bytes());
        out.extend(peer.max_inbound_streams.to_be_bytes());
        out.extend(peer.first_tsn.0.to_be_bytes());
        out.extend(self.tie_tags.0.to_be_bytes());
        out.extend(self.tie_tags.1.to_be_bytes());
        let flags = [
            peer.partial_reliability,
            peer.reconfig,
            peer.interleaving,
            peer.zero_checksum,
            peer.padding,
        ];
        out.extend(flags.map(u8::from));
        let mac = key.mac(&out).finalize().into_bytes();
        out.extend_from_slice(&mac[..MAC]);
        out
    }

    /// The cookie that we sealed; none if it is another's, or older than a minute.
    pub(crate) fn open(key: &CookieKey, now: Duration, sealed: &[u8]) -> Option<Self> {
        let (content, mac) = sealed.split_at_checked(LENGTH)?;
        if mac.len() != MAC {
            return None;
        }
        key.mac(content).verify_truncated_left(mac).ok()?;
        let at: [u8; 8] = content[..8].try_into().ok()?;
        let flag = |at: usize| content[40 + at] != 0;
        let cookie = Self {
            at: Duration::from_millis(u64::from_be_bytes(at)),
            local_tag: u32_at(content, 8)?,
            local_first_tsn: Tsn(u32_at(content, 12)?),
            peer: Init {
                tag: u32_at(content, 16)?,
                window: u32_at(content, 20)?,
                outbound_streams: u16_at(content, 24)?,
                max_inbound_streams: u16_at(content, 26)?,
                first_tsn: Tsn(u32_at(content, 28)?),
                partial_reliability: flag(0),
                reconfig: flag(1),
                interleaving: flag(2),
                zero_checksum: flag(3),
                padding: flag(4),
            },
            tie_tags: (u32_at(content, 32)?, u32_at(content, 36)?),
        };
        (now.saturating_sub(cookie.at) <= LIFE).then_some(cookie)
    }
}

impl CookieKey {
    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(content);
        mac
    }
}

impl std::fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CookieKey = CookieKey([3; 32]);

    fn cookie() -> Cookie {
        Cookie {
            at: Duration::from_secs(5),
            local_tag: 1,
            local_first_tsn: Tsn(2),
            peer: Init {
                tag: 3,
                window: 4,
                outbound_streams: 5,
                max_inbound_streams: 6,
                first_tsn: Tsn(7),
                partial_reliability: true,
                reconfig: false,
                interleaving: true,
                zero_checksum: false,
                padding: true,
            },
            tie_tags: (8, 9),
        }
    }

    #[test]
    fn a_cookie_comes_back_for_a_minute() {
        let sealed = cookie().seal(&KEY);
        let open = |seconds| Cookie::open(&KEY, Duration::from_secs(seconds), &sealed);
        assert_eq!(open(65), Some(cookie()));
        assert_eq!(open(66), None);
    }

    #[test]
    fn a_forged_or_cut_cookie_is_refused() {
        let sealed = cookie().seal(&KEY);
        let now = Duration::from_secs(6);
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(Cookie::open(&KEY, now, &forged), None, "{at}");
            assert_eq!(Cookie::open(&KEY, now, &sealed[..at]), None, "{at}");
        }
        assert_eq!(Cookie::open(&CookieKey([4; 32]), now, &sealed), None);
    }
}
