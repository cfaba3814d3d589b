//! Who nominates (RFC 8445 §4), and how a quarrel over it is settled.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

/// The role of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nominates the pairs.
    Controlling,
    /// Follows the peer's nomination.
    Controlled,
}

impl Role {
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Controlling => Self::Controlled,
            Self::Controlled => Self::Controlling,
        }
    }
}

/// What a Binding request that claims our own role leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The peer has the other role.
    None,
    /// We answer 487 and keep our role.
    Refuse,
    /// We take the other role.
    Switch,
}

/// The agent's role and tie-breaker.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
}

impl Claim {
    pub(crate) fn new(role: Role, rng: &mut ChaCha20Rng) -> Self {
        Self {
            role,
            tie_breaker: rng.next_u64(),
        }
    }

    /// RFC 8445 §7.3.1.1, given the tie-breakers found in the request.
    pub(crate) fn examine(&self, controlling: Option<u64>, controlled: Option<u64>) -> Conflict {
        match self.role {
            Role::Controlling => match controlling {
                Some(theirs) if self.tie_breaker >= theirs => Conflict::Refuse,
                Some(_) => Conflict::Switch,
                None => Conflict::None,
            },
            Role::Controlled => match controlled {
                Some(theirs) if self.tie_breaker >= theirs => Conflict::Switch,
                Some(_) => Conflict::Refuse,
                None => Conflict::None,
            },
        }
    }

    /// A 487 makes the agent change its tie-breaker too (RFC 8445 §7.2.5.1).
    pub(crate) fn renew_tie_breaker(&mut self, rng: &mut ChaCha20Rng) {
        self.tie_breaker = rng.next_u64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(role: Role) -> Claim {
        Claim {
            role,
            tie_breaker: 5,
        }
    }

    #[test]
    fn the_larger_tie_breaker_stays_controlling() {
        let ours = claim(Role::Controlling);
        assert_eq!(ours.examine(Some(4), None), Conflict::Refuse);
        assert_eq!(ours.examine(Some(5), None), Conflict::Refuse);
        assert_eq!(ours.examine(Some(6), None), Conflict::Switch);
    }

    #[test]
    fn the_larger_tie_breaker_becomes_controlling() {
        let ours = claim(Role::Controlled);
        assert_eq!(ours.examine(None, Some(4)), Conflict::Switch);
        assert_eq!(ours.examine(None, Some(5)), Conflict::Switch);
        assert_eq!(ours.examine(None, Some(6)), Conflict::Refuse);
    }

    #[test]
    fn different_roles_do_not_conflict() {
        assert_eq!(
            claim(Role::Controlling).examine(None, Some(9)),
            Conflict::None
        );
        assert_eq!(
            claim(Role::Controlled).examine(Some(9), None),
            Conflict::None
        );
    }
}
