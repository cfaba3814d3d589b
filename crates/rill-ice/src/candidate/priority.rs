//! Priorities of candidates and pairs.

use crate::{Kind, Role};

/// The component of every transport of ours: RTP and RTCP share it (RFC 8445 §5.1.1.1).
const COMPONENT: u32 = 1;

/// RFC 8445 §5.1.2.1, with the type preferences of §5.1.2.2.
pub(crate) fn candidate_priority(kind: Kind, local_preference: u16) -> u32 {
    let type_preference = match kind {
        Kind::Host => 126,
        Kind::PeerReflexive => 110,
        Kind::ServerReflexive => 100,
        Kind::Relayed => 0,
    };
    (type_preference << 24) | (u32::from(local_preference) << 8) | (256 - COMPONENT)
}

/// RFC 8445 §6.1.2.3, from the point of view of an agent in `role`.
pub(crate) fn pair_priority(role: Role, local: u32, remote: u32) -> u64 {
    let (g, d) = match role {
        Role::Controlling => (local, remote),
        Role::Controlled => (remote, local),
    };
    (u64::from(g.min(d)) << 32) + 2 * u64::from(g.max(d)) + u64::from(g > d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_host_candidate_has_the_usual_priority() {
        assert_eq!(candidate_priority(Kind::Host, 65_535), 2_130_706_431);
    }

    #[test]
    fn both_sides_compute_the_same_pair_priority() {
        let (ours, theirs) = (2_130_706_431, 1_694_498_815);
        assert_eq!(
            pair_priority(Role::Controlling, ours, theirs),
            pair_priority(Role::Controlled, theirs, ours)
        );
        assert_ne!(
            pair_priority(Role::Controlling, ours, theirs),
            pair_priority(Role::Controlled, ours, theirs)
        );
    }

    #[test]
    fn the_weaker_candidate_decides() {
        let strong = pair_priority(Role::Controlling, 100, 100);
        let lopsided = pair_priority(Role::Controlling, 0x7fff_ffff, 99);
        assert!(strong > lopsided);
    }
}
