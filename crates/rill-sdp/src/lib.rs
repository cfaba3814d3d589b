//! Typed session descriptions for WebRTC: text in, types out, text back.
//!
//! [`Session::parse`] reads a description as RFC 9429 §5.8 asks: every line is checked against its
//! grammar, the attributes that a WebRTC endpoint acts on become typed [`Attribute`]s, and every
//! other attribute is kept word for word in its place. `Display` writes the description back, so
//! that text → types → text changes nothing but line ends. Errors name the line and the field.
//!
//! [`Fragment`] is what is sent between descriptions when ICE trickles over SIP or HTTP.
//!
//! The crate knows grammar only. What a *valid offer or answer* is (RFC 9429 §5.8.3) is decided by
//! the peer connection.
//!
//! Standards: RFC 8866 (SDP), RFC 8839 (ICE), RFC 8840 (trickle ICE), RFC 6544 §4.5 (TCP
//! candidates), RFC 8841 (SCTP), RFC 8122 (fingerprint), RFC 4145 and RFC 8842 (setup, tls-id),
//! RFC 5888 and RFC 9143 (mid, group, bundle-only), RFC 4585 §4.2 (rtcp-fb), RFC 8285 (extmap),
//! RFC 5576 (ssrc), RFC 8830 (msid), RFC 8851 and RFC 8853 (rid, simulcast), RFC 3605 (rtcp),
//! RFC 5761, RFC 8858 and RFC 5506 (rtcp-mux, rtcp-mux-only, rtcp-rsize), RFC 8827 §5 (identity).
//!
//! Limits on what a peer can make us read: [`MAX_SESSION_BYTES`], [`MAX_LINE_BYTES`],
//! [`MAX_MEDIA`], [`MAX_ITEMS`], [`MAX_CANDIDATES`].
//!
//! ```
//! use rill_sdp::{Attribute, Media, Session, Setup};
//!
//! let mut offer = Session::new(4_611_731_400_430_051_336, 1);
//! offer.push(Attribute::Group { semantics: "BUNDLE".into(), mids: vec!["0".into()] });
//! offer.push(Attribute::IceOptions(vec!["trickle".into(), "ice2".into()]));
//! let mut data = Media::new("application", 9, "UDP/DTLS/SCTP", &["webrtc-datachannel"]);
//! data.push(Attribute::Mid("0".into()));
//! data.push(Attribute::Setup(Setup::ActPass));
//! data.push(Attribute::SctpPort(5000));
//! offer.media.push(data);
//!
//! let read = Session::parse(&offer.to_string())?;
//! assert_eq!(read, offer);
//! assert!(read.lists_trickle());
//! # Ok::<(), rill_sdp::ParseError>(())
//! ```

#![forbid(unsafe_code)]

mod attribute;
mod candidate;
mod connection;
mod error;
mod fragment;
mod grammar;
mod limits;
mod line;
mod media;
mod origin;
mod parser;
mod section;
mod session;
mod timing;

pub use attribute::{
    Attribute, Direction, Extmap, Feedback, FeedbackTarget, Fingerprint, Fmtp, HashFunction,
    IcePassword, Identity, Msid, RemoteCandidate, Rid, RidDirection, Rtcp, Rtpmap, Setup,
    Simulcast, SimulcastStream, SimulcastVersion, Ssrc,
};
pub use candidate::{
    Candidate, CandidateAddress, CandidateError, CandidateKind, CandidateTransport, TcpType,
};
pub use connection::{Bandwidth, Connection};
pub use error::{Fault, FieldError, ParseError, Problem};
pub use fragment::Fragment;
pub use limits::{MAX_CANDIDATES, MAX_ITEMS, MAX_LINE_BYTES, MAX_MEDIA, MAX_SESSION_BYTES};
pub use line::Line;
pub use media::{Insertion, Media};
pub use origin::Origin;
pub use section::Section;
pub use session::Session;
pub use timing::Timing;
