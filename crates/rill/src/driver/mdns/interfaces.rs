use std::io;

use rill_peer::mdns::{InterfaceAddress, InterfaceId};

/// The addresses of the interfaces that are up. Loopback is where one multicasts who has nothing
/// else: the processes of one machine hear each other on any interface.
pub(super) fn list() -> io::Result<Vec<InterfaceAddress>> {
    let up: Vec<_> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up)
        .collect();
    let alone = up.iter().all(if_addrs::Interface::is_loopback);
    let spoken = up
        .into_iter()
        .filter(|interface| alone || !interface.is_loopback());
    Ok(spoken
        .filter_map(|interface| {
            Some(InterfaceAddress {
                interface: InterfaceId(interface.index?),
                address: interface.ip(),
                prefix: match &interface.addr {
                    if_addrs::IfAddr::V4(v4) => v4.prefixlen,
                    if_addrs::IfAddr::V6(v6) => v6.prefixlen,
                },
            })
        })
        .collect())
}
