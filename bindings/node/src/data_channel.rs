use napi_derive::napi;
use rill::{DataChannelInit, binding::DataChannelInfo};

/// An RTCDataChannelInit; TypeScript has converted the numbers to unsigned shorts.
#[napi(object, object_to_js = false, use_nullable = true)]
pub struct NativeChannelInit {
    pub ordered: bool,
    pub max_packet_life_time: Option<u32>,
    pub max_retransmits: Option<u32>,
    pub protocol: String,
    pub negotiated: bool,
    pub id: Option<u32>,
}

impl From<NativeChannelInit> for DataChannelInit {
    fn from(init: NativeChannelInit) -> Self {
        let short = |number: Option<u32>| number.and_then(|number| u16::try_from(number).ok());
        Self {
            ordered: init.ordered,
            max_packet_life_time: short(init.max_packet_life_time),
            max_retransmits: short(init.max_retransmits),
            protocol: init.protocol,
            negotiated: init.negotiated,
            id: short(init.id),
        }
    }
}

/// What never changes about a channel.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeChannel {
    pub label: String,
    pub protocol: String,
    pub ordered: bool,
    pub max_packet_life_time: Option<u16>,
    pub max_retransmits: Option<u16>,
    pub negotiated: bool,
}

impl From<DataChannelInfo> for NativeChannel {
    fn from(DataChannelInfo { label, init, .. }: DataChannelInfo) -> Self {
        Self {
            label,
            protocol: init.protocol,
            ordered: init.ordered,
            max_packet_life_time: init.max_packet_life_time,
            max_retransmits: init.max_retransmits,
            negotiated: init.negotiated,
        }
    }
}
