use std::collections::BTreeMap;

use rill::{SessionDescription, StatsReport, TransceiverId, binding::Core};

use crate::{description::NativeDescription, stats, transceiver::NativeTransceiver};

/// What the attributes of a closed connection still show. The rest is freed by `close()`, because
/// the garbage collector does not know how much it is.
pub(crate) struct Closed {
    pub(crate) ice_gathering_state: &'static str,
    pub(crate) can_trickle_ice_candidates: Option<bool>,
    pub(crate) current_local: Option<NativeDescription>,
    pub(crate) pending_local: Option<NativeDescription>,
    pub(crate) current_remote: Option<NativeDescription>,
    pub(crate) pending_remote: Option<NativeDescription>,
    /// Stopped, by their handles, in the order of the set.
    pub(crate) transceivers: BTreeMap<u32, NativeTransceiver>,
    /// The last figures.
    pub(crate) stats: StatsReport,
}

impl Closed {
    /// What a connection shows that was closed just now.
    pub(crate) fn new(core: &Core) -> Self {
        let native = |description: Option<SessionDescription>| description.map(Into::into);
        let transceiver = |id: TransceiverId| Some((id.value(), core.transceiver(id)?.into()));
        Self {
            ice_gathering_state: core.ice_gathering_state().as_str(),
            can_trickle_ice_candidates: core.can_trickle_ice_candidates(),
            current_local: native(core.current_local_description()),
            pending_local: native(core.pending_local_description()),
            current_remote: native(core.current_remote_description()),
            pending_remote: native(core.pending_remote_description()),
            transceivers: core
                .transceivers()
                .into_iter()
                .filter_map(transceiver)
                .collect(),
            stats: stats::last(core),
        }
    }

    pub(crate) fn local(&self) -> Option<NativeDescription> {
        self.pending_local
            .clone()
            .or_else(|| self.current_local.clone())
    }

    pub(crate) fn remote(&self) -> Option<NativeDescription> {
        self.pending_remote
            .clone()
            .or_else(|| self.current_remote.clone())
    }
}
