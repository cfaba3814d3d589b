use rill_peer::{Interface, Response};

/// The addresses of this machine's interfaces that are up.
pub(super) fn list() -> Response {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => Response::Interfaces(
            interfaces
                .into_iter()
                .filter(if_addrs::Interface::is_oper_up)
                .map(|interface| Interface {
                    address: interface.ip(),
                    loopback: interface.is_loopback(),
                    name: interface.name,
                })
                .collect(),
        ),
        Err(error) => Response::Failed(error.to_string()),
    }
}
