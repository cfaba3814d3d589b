use std::net::AddrParseError;

use napi_derive::napi;
use rill::{BundlePolicy, Certificate, Configuration, IceServer, IceTransportPolicy};

use crate::rill_configuration::NativeRillConfiguration;

/// An ICE server, whose URLs TypeScript has made a list.
#[napi(object, object_to_js = false)]
pub struct NativeIceServer {
    pub urls: Vec<String>,
    pub username: Option<String>,
    pub credential: Option<String>,
}

/// What the core takes of an RTCConfiguration; TypeScript has converted the enumerations.
#[napi(object, object_to_js = false)]
pub struct NativeConfiguration {
    pub ice_servers: Vec<NativeIceServer>,
    pub ice_transport_policy: String,
    pub bundle_policy: String,
    pub ice_candidate_pool_size: u8,
    pub rill: NativeRillConfiguration,
}

impl NativeConfiguration {
    /// Fails for an address that is none, which TypeScript has looked at before.
    pub(crate) fn with(
        self,
        certificates: Vec<Certificate>,
    ) -> Result<Configuration, AddrParseError> {
        Ok(Configuration {
            ice_servers: self.ice_servers.into_iter().map(ice_server).collect(),
            ice_transport_policy: match self.ice_transport_policy.as_str() {
                "relay" => IceTransportPolicy::Relay,
                _ => IceTransportPolicy::All,
            },
            bundle_policy: match self.bundle_policy.as_str() {
                "max-bundle" => BundlePolicy::MaxBundle,
                "max-compat" => BundlePolicy::MaxCompat,
                _ => BundlePolicy::Balanced,
            },
            ice_candidate_pool_size: self.ice_candidate_pool_size,
            certificates,
            loopback: self.rill.loopback(),
            host_addresses: self.rill.host_addresses(),
            reach: self.rill.reach()?,
            tls_trust: self.rill.tls_trust(),
        })
    }
}

fn ice_server(
    NativeIceServer {
        urls,
        username,
        credential,
    }: NativeIceServer,
) -> IceServer {
    IceServer {
        urls,
        username,
        credential,
    }
}
