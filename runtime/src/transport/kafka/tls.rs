//! Why a broker's certificate is not believed, which librdkafka does not tell apart.
//!
//! In: the settings of the client, after it could not open a TLS connection. Out: what OpenSSL, which librdkafka asks too, says
//! of the certificate. Nothing is sent but the handshake.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use openssl::ssl::{HandshakeError, SslConnector, SslMethod};
use openssl::x509::X509VerifyResult;
use rdkafka::config::ClientConfig;

/// How long each of the brokers may take to connect, and to say each word of the handshake.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is wrong with the certificate of the first broker that shows one which is not believed; none when all are, or none
/// answers.
pub(super) fn fault(config: &ClientConfig) -> Option<String> {
    let places = config.get("bootstrap.servers")?;
    places.split(',').find_map(|place| of_broker(config, place.trim()))
}

fn of_broker(config: &ClientConfig, place: &str) -> Option<String> {
    // librdkafka takes a scheme before each of them.
    let place = place.rsplit("//").next()?;
    let host = place.rsplit_once(':').map_or(place, |(host, _)| host).trim_matches(['[', ']']);
    let mut connector = SslConnector::builder(SslMethod::tls_client()).ok()?;
    if let Some(file) = config.get("ssl.ca.location").filter(|file| *file != "probe") {
        connector.set_ca_file(file).ok()?;
    }
    let address = place.to_socket_addrs().ok()?.next()?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let Err(HandshakeError::Failure(failed)) = connector.build().connect(host, stream) else { return None };
    match failed.ssl().verify_result() {
        X509VerifyResult::OK => None,
        fault => Some(format!("the certificate of {place} is not believed: {}", fault.error_string())),
    }
}
