//! A certificate authority that only one test knows.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: Vec<u8>,
}

/// A certificate and its key, as PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("the system gives randomness");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).expect("the parameters are sound");
        Self {
            root: root.der().to_vec(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate (DER).
    pub(crate) fn root(&self) -> Vec<u8> {
        self.root.clone()
    }

    /// Vouches for a name or an address.
    pub(crate) fn certify(&self, name: &str) -> Identity {
        self.sign(params(name))
    }

    /// Vouched for it for a year, long ago.
    pub(crate) fn certified(&self, name: &str) -> Identity {
        let mut params = params(name);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("the system gives randomness");
        let certificate = params.signed_by(&key, &self.issuer).expect("it is sound");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("it is a name")
}
