use std::sync::{Arc, OnceLock};

use rill_peer::TlsTrust;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;

/// RFC 7443 §3: what is spoken inside.
const TURN: &[u8] = b"stun.turn";

/// How TLS connections to servers are made. Reading the platform's roots takes milliseconds: once.
pub(super) fn client_config(trust: &TlsTrust) -> Result<Arc<ClientConfig>, String> {
    static PLATFORM: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if *trust == TlsTrust::Platform
        && let Some(config) = PLATFORM.get()
    {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(make(trust).map_err(|error| error.to_string())?);
    if *trust == TlsTrust::Platform {
        return Ok(Arc::clone(PLATFORM.get_or_init(|| config)));
    }
    Ok(config)
}

fn make(trust: &TlsTrust) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        TlsTrust::Platform => Arc::new(Verifier::new(Arc::clone(&provider))?),
        TlsTrust::Roots(roots) => {
            let mut store = RootCertStore::empty();
            for root in roots {
                store.add(CertificateDer::from(root.clone()))?;
            }
            let builder = rustls::client::WebPkiServerVerifier::builder_with_provider(
                Arc::new(store),
                Arc::clone(&provider),
            );
            builder
                .build()
                .map_err(|error| Error::General(error.to_string()))?
        }
        TlsTrust::Anyone => Arc::new(Anyone(Arc::clone(&provider))),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![TURN.to_vec()];
    Ok(config)
}

/// Takes every certificate, as its user asked in so many words.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
