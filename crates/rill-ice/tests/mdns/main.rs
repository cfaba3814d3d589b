//! Multicast DNS in virtual time: the rules of RFC 6762 and of the draft, one by one, and what
//! strangers may send.

mod answering;
mod asking;
mod hostile;
mod scene;
mod together;
