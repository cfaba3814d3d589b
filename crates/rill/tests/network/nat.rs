//! Peers behind real NATs: directly where RFC 4787 lets them, over a relay only where they must.

use crate::{
    lab::{Lab, Nat, SERVER},
    session::{Route, Session},
};

/// Connects the two sides, until the route fits.
async fn connect(sides: [&[Nat]; 2], fits: impl Fn(&Route) -> bool) -> Option<(Lab, Session)> {
    let lab = Lab::new(sides).await?;
    let servers = format!(
        "stun:{SERVER} turn:{SERVER} turn:{SERVER}?transport=tcp {}",
        lab.server.url("tls")
    );
    let mut session = Session::start(&lab, false, &servers);
    session.connected(fits).await;
    Some((lab, session))
}

async fn connects_directly(sides: [&[Nat]; 2]) {
    connect(sides, |route| !route.is_relayed()).await;
}

#[tokio::test]
async fn a_full_cone_and_a_port_restricted_nat_connect_directly() {
    connects_directly([&[Nat::FullCone], &[Nat::PortRestricted]]).await;
}

#[tokio::test]
async fn two_port_restricted_nats_connect_directly() {
    connects_directly([&[Nat::PortRestricted], &[Nat::PortRestricted]]).await;
}

#[tokio::test]
async fn a_public_machine_and_a_symmetric_nat_connect_directly() {
    connects_directly([&[], &[Nat::Symmetric]]).await;
}

#[tokio::test]
async fn two_nats_in_a_row_and_a_port_restricted_one_connect_directly() {
    connects_directly([
        &[Nat::PortRestricted, Nat::PortRestricted],
        &[Nat::PortRestricted],
    ])
    .await;
}

#[tokio::test]
async fn a_symmetric_and_a_port_restricted_nat_connect_over_a_relay() {
    let sides: [&[Nat]; 2] = [&[Nat::Symmetric], &[Nat::PortRestricted]];
    connect(sides, Route::is_relayed).await;
}

/// The first peer has no way out but this one.
async fn leaves_by(nat: Nat, protocol: &str) {
    let sides: [&[Nat]; 2] = [&[nat], &[Nat::PortRestricted]];
    let Some((_lab, session)) = connect(sides, Route::is_relayed).await else {
        return;
    };
    let route = session.sides[0].route.as_ref().expect("it is connected");
    assert_eq!(
        (route.local.as_str(), route.protocol.as_str()),
        ("Relayed", protocol)
    );
}

#[tokio::test]
async fn where_udp_is_blocked_the_relay_is_reached_over_tcp() {
    leaves_by(Nat::WithoutUdp, "tcp").await;
}

#[tokio::test]
async fn where_only_port_443_is_open_the_relay_is_reached_over_tls() {
    leaves_by(Nat::Only443, "tls").await;
}
