//! The signatures of JSON Web Tokens, by `ring`.
//!
//! In: an algorithm and a key. Out: what verifies with it. Nothing is signed here.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKeyKind};
use ring::hmac;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: |algorithm, key| Ok(Box::new(Verifying { algorithm: *algorithm, key: key.kind().clone() })),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes this the provider of the process, unless the application has chosen one.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

struct Verifying {
    algorithm: Algorithm,
    key: DecodingKeyKind,
}

/// How an algorithm is checked.
enum Check {
    Hmac(hmac::Algorithm),
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
    /// An algorithm of a later day.
    Unknown,
}

impl Verifying {
    #[rustfmt::skip]
    fn check(&self) -> Check {
        match self.algorithm {
            Algorithm::HS256 => Check::Hmac(hmac::HMAC_SHA256),
            Algorithm::HS384 => Check::Hmac(hmac::HMAC_SHA384),
            Algorithm::HS512 => Check::Hmac(hmac::HMAC_SHA512),
            Algorithm::RS256 => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Check::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Check::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => Check::Point(&signature::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Check::Point(&signature::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Check::Point(&signature::ED25519),
            _ => Check::Unknown,
        }
    }
}

impl Verifier<Vec<u8>> for Verifying {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), Error> {
        let verified = match (self.check(), &self.key) {
            (Check::Hmac(algorithm), DecodingKeyKind::SecretOrDer(secret)) => {
                hmac::verify(&hmac::Key::new(algorithm, secret), message, signed)
            }
            (Check::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signed)
            }
            (Check::Rsa(parameters), DecodingKeyKind::SecretOrDer(der)) => {
                UnparsedPublicKey::new(parameters, der).verify(message, signed)
            }
            (Check::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(algorithm, point).verify(message, signed)
            }
            (Check::Unknown, _) | (_, DecodingKeyKind::RsaModulusExponent { .. }) => return Err(Error::new()),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for Verifying {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
