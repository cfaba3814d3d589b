use std::net::{AddrParseError, IpAddr};

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use rill::{ExternalAddress, Family, HostAddresses, Loopback, Reach, TlsTrust};

/// What of a configuration is not of the W3C; TypeScript has converted the enumerations.
#[napi(object, object_to_js = false)]
pub struct NativeRillConfiguration {
    pub host_addresses: String,
    pub loopback: String,
    pub excluded_interfaces: Vec<String>,
    pub external: Vec<NativeExternalAddress>,
    pub family: String,
    pub interfaces: Vec<String>,
    /// The first and the last.
    pub ports: Option<(u16, u16)>,
    /// `platform`, `anyone` or `roots`.
    pub tls_trust: String,
    /// In DER.
    pub tls_roots: Vec<Uint8Array>,
}

/// An address outside, and the one inside that it is mapped to.
#[napi(object, object_to_js = false)]
pub struct NativeExternalAddress {
    pub address: String,
    pub internal: Option<String>,
}

impl NativeRillConfiguration {
    pub(crate) fn host_addresses(&self) -> HostAddresses {
        match self.host_addresses.as_str() {
            "mdns" => HostAddresses::Mdns,
            _ => HostAddresses::Plain,
        }
    }

    pub(crate) fn loopback(&self) -> Loopback {
        match self.loopback.as_str() {
            "always" => Loopback::Always,
            "never" => Loopback::Never,
            _ => Loopback::WhenAlone,
        }
    }

    pub(crate) fn tls_trust(&self) -> TlsTrust {
        match self.tls_trust.as_str() {
            "anyone" => TlsTrust::Anyone,
            "roots" => TlsTrust::Roots(self.tls_roots.iter().map(|root| root.to_vec()).collect()),
            _ => TlsTrust::Platform,
        }
    }

    pub(crate) fn reach(&self) -> Result<Reach, AddrParseError> {
        let external = self.external.iter().map(external_address);
        Ok(Reach {
            ports: self.ports.map(|(first, last)| first..=last),
            interfaces: self.interfaces.clone(),
            excluded_interfaces: self.excluded_interfaces.clone(),
            family: match self.family.as_str() {
                "ipv4" => Some(Family::V4),
                "ipv6" => Some(Family::V6),
                _ => None,
            },
            external: external.collect::<Result<_, _>>()?,
        })
    }
}

fn external_address(native: &NativeExternalAddress) -> Result<ExternalAddress, AddrParseError> {
    let internal = native.internal.as_deref().map(str::parse::<IpAddr>);
    Ok(ExternalAddress {
        internal: internal.transpose()?,
        address: native.address.parse()?,
    })
}
