//! The UDP sockets of this process, whoever opened them.

use rustix::io;
use rustix::net::{SocketType, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Gives each buffers of so many bytes, or as many as the kernel allows: for stacks that have no
/// option for it.
pub(crate) fn enlarge_buffers(bytes: usize) -> io::Result<()> {
    let process = pidfd_open(getpid(), PidfdFlags::empty())?;
    let numbers: Vec<i32> = std::fs::read_dir("/proc/self/fd")
        .map_err(|_| io::Errno::NOENT)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers {
        // The directory's own is closed by now.
        let Ok(file) = pidfd_getfd(&process, number, PidfdGetfdFlags::empty()) else {
            continue;
        };
        if sockopt::socket_type(&file) == Ok(SocketType::DGRAM) {
            sockopt::set_socket_recv_buffer_size(&file, bytes)?;
            sockopt::set_socket_send_buffer_size(&file, bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_was_opened_before_gets_large_buffers() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port on loopback");
        let size = || sockopt::socket_recv_buffer_size(&socket).expect("it is a socket");
        let before = size();
        // Less than any default, for the kernel's limit may be the default.
        enlarge_buffers(16 << 10).expect("it is allowed");
        assert_ne!(size(), before);
    }
}
