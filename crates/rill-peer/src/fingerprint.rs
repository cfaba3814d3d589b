//! Fingerprints of certificates: how a description announces the identity that DTLS proves
//! (RFC 8122 §5, RFC 8827 §6.5).

use aws_lc_rs::digest;
use rill_sdp::{Fingerprint, HashFunction};

use crate::Certificate;

/// The hash functions that we compute, the preferred first. SHA-1 only verifies. MD2 and MD5 must
/// not be used at all (RFC 8122 §5).
static PREFERRED: [(HashFunction, &digest::Algorithm); 5] = [
    (HashFunction::Sha512, &digest::SHA512),
    (HashFunction::Sha384, &digest::SHA384),
    (HashFunction::Sha256, &digest::SHA256),
    (HashFunction::Sha224, &digest::SHA224),
    (HashFunction::Sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
];

/// The fingerprint that we announce. SHA-256 is both the one that everybody has and the one of our
/// certificates' signatures, which RFC 8122 §5 asks for.
pub(crate) fn of_certificate(certificate: &Certificate) -> Fingerprint {
    Fingerprint {
        hash: HashFunction::Sha256,
        value: sha256(certificate.der()),
    }
}

/// The value of a certificate's fingerprint by SHA-256.
pub(crate) fn sha256(der: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, der).as_ref().to_vec()
}

/// Whether a certificate, in DER, is one of those announced: by the values of the most preferred
/// hash function among the announced ones, and by no other (RFC 8122 §5).
pub(crate) fn verify(der: &[u8], announced: &[Fingerprint]) -> bool {
    let Some((hash, algorithm)) = most_preferred(announced) else {
        return false;
    };
    let value = digest::digest(algorithm, der);
    announced
        .iter()
        .any(|offer| offer.hash == *hash && offer.value == value.as_ref())
}

/// Whether `verify` can ever succeed: at least one announced hash function is known and acceptable.
pub(crate) fn is_verifiable(announced: &[Fingerprint]) -> bool {
    most_preferred(announced).is_some()
}

fn most_preferred(
    announced: &[Fingerprint],
) -> Option<&'static (HashFunction, &'static digest::Algorithm)> {
    PREFERRED
        .iter()
        .find(|(hash, _)| announced.iter().any(|offer| offer.hash == *hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1 and C.1: "abc".
    const ABC: &[u8] = b"abc";

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text
            .chars()
            .filter_map(|digit| digit.to_digit(16))
            .collect();
        digits
            .chunks(2)
            .map(|pair| (pair[0] << 4 | pair[1]) as u8)
            .collect()
    }

    fn sha256() -> Fingerprint {
        let value = hex("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad");
        Fingerprint {
            hash: HashFunction::Sha256,
            value,
        }
    }

    fn sha1() -> Fingerprint {
        let value = hex("a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d");
        Fingerprint {
            hash: HashFunction::Sha1,
            value,
        }
    }

    fn sha384() -> Fingerprint {
        let value = hex(
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
                         8086072ba1e7cc2358baeca134c825a7",
        );
        Fingerprint {
            hash: HashFunction::Sha384,
            value,
        }
    }

    fn sha512() -> Fingerprint {
        let value = hex(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        );
        Fingerprint {
            hash: HashFunction::Sha512,
            value,
        }
    }

    fn wrong(fingerprint: Fingerprint) -> Fingerprint {
        let mut value = fingerprint.value;
        value[0] ^= 1;
        Fingerprint {
            value,
            ..fingerprint
        }
    }

    #[test]
    fn each_function_verifies_alone() {
        for fingerprint in [sha1(), sha256(), sha384(), sha512()] {
            assert!(
                verify(ABC, std::slice::from_ref(&fingerprint)),
                "{fingerprint}"
            );
            assert!(
                !verify(b"abd", std::slice::from_ref(&fingerprint)),
                "{fingerprint}"
            );
            assert!(!verify(ABC, &[wrong(fingerprint)]));
        }
    }

    #[test]
    fn the_strongest_decides() {
        assert!(verify(ABC, &[wrong(sha1()), sha256()]));
        assert!(!verify(ABC, &[sha1(), wrong(sha256())]));
        assert!(!verify(ABC, &[sha256(), sha1(), wrong(sha512())]));
        assert!(verify(ABC, &[wrong(sha256()), sha384()]));
    }

    #[test]
    fn one_value_of_several_is_enough() {
        assert!(verify(ABC, &[wrong(sha256()), sha256()]));
        assert!(verify(ABC, &[sha256(), wrong(sha256())]));
    }

    #[test]
    fn a_value_cut_short_does_not_match() {
        let mut cut = sha256();
        cut.value.truncate(16);
        assert!(!verify(ABC, &[cut]));
        let empty = Fingerprint {
            value: Vec::new(),
            ..sha256()
        };
        assert!(!verify(ABC, &[empty]));
    }

    #[test]
    fn unknown_and_forbidden_functions_never_verify() {
        let md5 = hex("900150983cd24fb0d6963f7d28e17f72");
        let other = HashFunction::Other("sha3-256".into());
        let offers = [
            (HashFunction::Md5, md5),
            (HashFunction::Md2, vec![0; 16]),
            (other, vec![1]),
        ];
        for (hash, value) in offers {
            let offer = [Fingerprint { hash, value }];
            assert!(!is_verifiable(&offer));
            assert!(!verify(ABC, &offer));
            // Beside an acceptable one they are as if absent.
            assert!(verify(ABC, &[offer[0].clone(), sha1()]));
        }
        assert!(!is_verifiable(&[]) && !verify(ABC, &[]));
    }
}
