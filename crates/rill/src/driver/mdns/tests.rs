use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rill_peer::mdns::{GROUP_V4, Name};
use tokio::sync::Mutex;

use super::{Mdns, Unfound, interfaces};

/// One test at a time has the port.
static PORT_IN_USE: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn two_instances_find_each_others_names() {
    let _port = PORT_IN_USE.lock().await;
    let Some(own) = multicast() else { return };
    let (one, two) = (Mdns::default(), Mdns::default());
    let (first, second) = (name(), name());
    // A name has one address, and need not be of the family on which the question travels.
    let other_family = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
    let (_first, ready) = one.register(first, own);
    ready.await;
    let (_second, ready) = two.register(second, other_family);
    ready.await;
    let (found, found_too) = tokio::join!(
        two.resolve(&first.to_string()),
        one.resolve(&second.to_string().to_uppercase()),
    );
    assert_eq!(found, Ok(vec![own]));
    assert_eq!(found_too, Ok(vec![other_family]));
}

#[tokio::test]
async fn what_nobody_answers_for_fails_with_a_reason() {
    let _port = PORT_IN_USE.lock().await;
    let Some(_) = multicast() else { return };
    let name = name().to_string();
    let error = Mdns::default().resolve(&name).await.unwrap_err();
    // Its own questions are heard.
    let absent = format!("nobody on the local network answers for {name}");
    assert_eq!(error, Unfound::Absent(absent));
}

#[tokio::test]
async fn names_of_the_process_are_found_without_a_network() {
    let _port = PORT_IN_USE.lock().await;
    let name = name();
    let address = Ipv4Addr::new(192, 0, 2, 7).into();
    let (registration, _) = Mdns::process().register(name, address);
    let mdns = Mdns::process().clone();
    // From another runtime than the first user's.
    let found = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(mdns.resolve(&name.to_string()))
    });
    assert_eq!(found.join().unwrap(), Ok(vec![address]));
    drop(registration);
}

#[tokio::test]
async fn other_names_are_refused_at_once() {
    let mdns = Mdns::default();
    let long = format!("{}.local", "a".repeat(400));
    for name in [
        "example.com",
        "printer.local",
        "localhost",
        "",
        long.as_str(),
    ] {
        let error = mdns.resolve(name).await.unwrap_err();
        let refused = "only names of the form <uuid>.local are looked up";
        assert_eq!(error, Unfound::Absent(refused.to_owned()));
    }
    assert!(
        mdns.shared.lock().commands.is_none(),
        "nothing was started for that"
    );
}

#[tokio::test]
async fn the_port_is_let_go_and_its_absence_is_a_reason() {
    let _port = PORT_IN_USE.lock().await;
    // Others of these tests may still have it for a while.
    if patiently(exclusive).await.is_none() {
        println!("skipped: another program has UDP port 5353");
        return;
    }
    let mdns = Mdns::default();
    let (used, ready) = mdns.register(name(), Ipv4Addr::LOCALHOST.into());
    ready.await;
    assert!(exclusive().is_err(), "who asks at once asks in vain");
    drop(used);
    let held = patiently(exclusive).await;
    assert!(held.is_some(), "it keeps the port for nobody");
    assert!(mdns.shared.lock().commands.is_none());

    let error = mdns.resolve(&name().to_string()).await.unwrap_err();
    let is_told =
        matches!(&error, Unfound::Deaf(reason) if reason.contains("UDP port 5353 of IPv"));
    assert!(is_told, "{error:?}");
    let name = name();
    let (_registration, _) = mdns.register(name, Ipv4Addr::LOCALHOST.into());
    let found = mdns.resolve(&name.to_string()).await;
    assert_eq!(found, Ok(vec![Ipv4Addr::LOCALHOST.into()]));
}

fn name() -> Name {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system has randomness");
    Name::random(&mut ChaCha20Rng::from_seed(seed))
}

/// The port for us alone, in both families.
fn exclusive() -> io::Result<Vec<UdpSocket>> {
    let families = [
        IpAddr::from(Ipv4Addr::UNSPECIFIED),
        Ipv6Addr::UNSPECIFIED.into(),
    ];
    let sockets = families.map(|any| super::socket::open(any, false));
    let [v4, v6] = sockets;
    match (v4, v6) {
        (Ok(v4), Ok(v6)) => Ok(vec![v4.into(), v6.into()]),
        (Ok(v4), Err(error)) if error.kind() != io::ErrorKind::AddrInUse => Ok(vec![v4.into()]),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Tries until it works, for five seconds.
async fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> Option<T> {
    for _ in 0..100 {
        if let Ok(done) = attempt() {
            return Some(done);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

/// An address of an interface on which this machine hears its own multicast. Without one the test
/// says so and is skipped.
fn multicast() -> Option<IpAddr> {
    let own = interfaces::list().expect("interfaces can be listed");
    let own = own.iter().map(|own| own.address);
    let found = own
        .filter(IpAddr::is_ipv4)
        .find(|own| hears_itself(*own).is_ok());
    if found.is_none() {
        println!("skipped: no interface here hears its own multicast");
    }
    found
}

fn hears_itself(own: IpAddr) -> io::Result<()> {
    let IpAddr::V4(own) = own else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.join_multicast_v4(&GROUP_V4, &own)?;
    socket2::SockRef::from(&socket).set_multicast_if_v4(&own)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let port = socket.local_addr()?.port();
    socket.send_to(b"hello", SocketAddr::from((GROUP_V4, port)))?;
    socket.recv_from(&mut [0; 8]).map(drop)
}
