//! What every stack must do to be measured.

mod node;
mod rill;
mod str0m;
mod webrtc;

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::measure::Words;
pub(crate) use node::measured as measured_by_node;

/// UDP buffers as the best of users would ask for.
const LARGE_BUFFERS: usize = 4 << 20;

/// The stacks, in the order of their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stack {
    Rill,
    Str0m,
    Webrtc,
    /// With UDP buffers of 4 MiB.
    WebrtcTuned,
    RillNode,
    Wrtc,
    NodeDatachannel,
}

impl Stack {
    pub(crate) const ALL: [Self; 7] = [
        Self::Rill,
        Self::Str0m,
        Self::Webrtc,
        Self::WebrtcTuned,
        Self::RillNode,
        Self::Wrtc,
        Self::NodeDatachannel,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rill => "rill",
            Self::Str0m => "str0m",
            Self::Webrtc => "webrtc",
            Self::WebrtcTuned => "webrtc-4MiB",
            Self::RillNode => "rill-node",
            Self::Wrtc => "wrtc",
            Self::NodeDatachannel => "node-datachannel",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stack| stack.name() == name)
    }

    /// Whether it runs in Node, in a process that another program starts.
    pub(crate) fn in_node(self) -> bool {
        matches!(self, Self::RillNode | Self::Wrtc | Self::NodeDatachannel)
    }

    /// Ready to be measured in this process, unless it runs in Node.
    pub(crate) fn contender(self) -> Option<Box<dyn Contender>> {
        match self {
            Self::Rill => Some(Box::new(rill::Rill::new())),
            Self::Str0m => Some(Box::new(str0m::Str0m::new())),
            Self::Webrtc => Some(Box::new(webrtc::Webrtc::new(None))),
            Self::WebrtcTuned => Some(Box::new(webrtc::Webrtc::new(Some(LARGE_BUFFERS)))),
            Self::RillNode | Self::Wrtc | Self::NodeDatachannel => None,
        }
    }

    /// The measurement in a process of its own.
    pub(crate) fn measure(self, words: &Words) -> Result<Vec<f64>, String> {
        if self.in_node() {
            measured_by_node(self, words)
        } else {
            crate::measure::in_child(self, words)
        }
    }
}

/// As in a server: what calls a stack runs where the stack does, and not on the main thread, from which and to which
/// each message would wake another core.
fn in_a_task<T: Send + 'static>(
    runtime: &Runtime,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(runtime.spawn(work)).expect("no panic")
}

/// One stack: two peers in this process, over sockets, with the settings it comes with.
pub(crate) trait Contender {
    /// Connects a pair by host candidates and closes it; the time from the first constructor until
    /// one data channel is open at both ends.
    fn set_up(&mut self) -> Duration;

    /// Sends over one channel as fast as it goes; counted at the receiver, from the opening of the
    /// channel on.
    fn transfer(&mut self, load: Load) -> Transferred;

    /// Sends a message there and back again, one after the other, for so long.
    fn round_trips(&mut self, message: usize, limit: Duration) -> Vec<Duration>;

    /// Connects so many pairs more, with one open channel each, and keeps them.
    fn hold(&mut self, pairs: usize);
}

/// What to send.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Ordered and reliable; or neither, never sent again.
    pub(crate) reliable: bool,
    /// Bytes of each message.
    pub(crate) message: usize,
    /// Enough is when so many bytes have arrived…
    pub(crate) total: usize,
    /// …or so much time has passed.
    pub(crate) limit: Duration,
}

impl Load {
    /// Unreliable messages that do not arrive for so long after the sender has stopped are lost.
    fn patience(&self) -> Option<Duration> {
        (!self.reliable).then_some(Duration::from_millis(500))
    }
}

/// What arrived.
pub(crate) struct Transferred {
    /// Messages, counted when they were given to the stack.
    pub(crate) sent: usize,
    pub(crate) bytes: usize,
    /// Until the last of them.
    pub(crate) elapsed: Duration,
}
