//! Where requests may go: the guard between URLs that strangers chose and the networks that this program can reach.
//!
//! In: a URL, and the addresses that its host resolves to. Out: an HTTP client that connects to none but permitted
//! addresses, or a refusal. What always holds: the address that is checked is the address that is connected to, since the
//! check sits in the client's own resolver; one forbidden address among several refuses the host; no redirect is followed
//! and no proxy is asked.

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use thiserror::Error;
use url::Host;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The ports that strangers may name, unless more are allowed.
const PORTS: [u16; 2] = [80, 443];

/// IPv4 networks that are no part of the public internet (IANA's registry of special-purpose addresses), and the one
/// public address that a cloud answers with its metadata.
const FORBIDDEN_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The IPv6 addresses that are routed at all; private, link-local and multicast ones lie outside.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks inside of [`GLOBAL_V6`] that are not public: protocol assignments (Teredo and ORCHID among them),
/// documentation, 6to4.
const FORBIDDEN_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Why a request does not leave.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestinationError {
    /// Not an absolute `http` or `https` URL with a host.
    #[error("this is no absolute http or https URL")]
    Url,
    /// Not a network in CIDR notation.
    #[error("this is no network, such as 10.0.0.0/8")]
    Network,
    /// Plain `http` where only `https` is allowed.
    #[error("the URL must be https")]
    Plain,
    /// The URL holds a user name or a password.
    #[error("the URL must not hold a user name or a password")]
    Credentials,
    /// The port is not among those that are allowed.
    #[error("the port {0} is not allowed")]
    Port(u16),
    /// The address is not public and was not allowed.
    #[error("the address {0} is not allowed")]
    Address(IpAddr),
}

/// What resolves the names of hosts; set another one to resolve them elsewhere. Its answers are checked, too.
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of a host.
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The resolver of the operating system.
struct System;

impl Resolver for System {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Where requests may go. Clones share the resolver.
///
/// ```
/// # use tidings_runtime::webhook::Destinations;
/// let destinations = Destinations::public().allow_network("10.1.0.0/16".parse().unwrap()).allow_port(8443);
/// assert!(destinations.check("https://10.1.2.3:8443/hooks").is_ok());
/// assert!(destinations.check("https://10.2.2.3/hooks").is_err());
/// ```
#[derive(Clone)]
pub struct Destinations {
    networks: Vec<IpNet>,
    /// `None`: any.
    ports: Option<Vec<u16>>,
    https_only: bool,
    timeout: Duration,
    resolver: Arc<dyn Resolver>,
}

impl fmt::Debug for Destinations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { networks, ports, https_only, timeout, resolver: _ } = self;
        let mut debug = formatter.debug_struct("Destinations");
        debug.field("networks", networks).field("ports", ports).field("https_only", https_only);
        debug.field("timeout", timeout).finish_non_exhaustive()
    }
}

impl Default for Destinations {
    fn default() -> Self {
        Self::public()
    }
}

/// A network in CIDR notation, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl std::str::FromStr for Network {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| DestinationError::Network)
    }
}

impl Destinations {
    /// The public internet on ports 80 and 443.
    #[must_use]
    pub fn public() -> Self {
        Self {
            networks: Vec::new(),
            ports: Some(PORTS.to_vec()),
            https_only: false,
            timeout: TIMEOUT,
            resolver: Arc::new(System),
        }
    }

    /// Everywhere, private networks and this machine included: for URLs that the operator of this program wrote.
    #[must_use]
    pub fn anywhere() -> Self {
        let everything = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        let networks = everything.into_iter().filter_map(|address| IpNet::new(address, 0).ok()).collect();
        Self { networks, ports: None, ..Self::public() }
    }

    /// Allows addresses of a network that is not public.
    #[must_use]
    pub fn allow_network(mut self, network: Network) -> Self {
        self.networks.push(network.0);
        self
    }

    /// Allows one more port.
    #[must_use]
    pub fn allow_port(mut self, port: u16) -> Self {
        if let Some(ports) = &mut self.ports {
            ports.push(port);
        }
        self
    }

    /// Allows every port.
    #[must_use]
    pub fn allow_any_port(mut self) -> Self {
        self.ports = None;
        self
    }

    /// Refuses plain `http`.
    #[must_use]
    pub fn https_only(mut self) -> Self {
        self.https_only = true;
        self
    }

    /// How long one request may take; 30 s unless set.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Resolves names with this.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Checks what a URL says by itself: scheme, credentials, port, and the address if its host is one. The addresses that
    /// a name resolves to are checked when a connection is made.
    ///
    /// # Errors
    /// Why no request goes there.
    pub fn check(&self, url: &str) -> Result<(), DestinationError> {
        self.check_url(&Url::parse(url).map_err(|_| DestinationError::Url)?)
    }

    pub(crate) fn check_url(&self, url: &Url) -> Result<(), DestinationError> {
        let port = match (url.scheme(), url.port_or_known_default()) {
            ("http", _) if self.https_only => return Err(DestinationError::Plain),
            ("http" | "https", Some(port)) => port,
            _ => return Err(DestinationError::Url),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::Credentials);
        }
        if self.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
            return Err(DestinationError::Port(port));
        }
        match url.host() {
            None => Err(DestinationError::Url),
            Some(Host::Domain(_)) => Ok(()),
            // Decimal, octal and hexadecimal forms were made plain when the URL was parsed.
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
        }
    }

    /// May a connection be made to this address?
    ///
    /// # Errors
    /// The address is not public, and was not allowed.
    pub fn check_address(&self, address: IpAddr) -> Result<(), DestinationError> {
        let plain = plain(address);
        let allowed = is_public(plain) || self.networks.iter().any(|network| network.contains(&plain));
        if allowed { Ok(()) } else { Err(DestinationError::Address(address)) }
    }

    /// An HTTP client that goes nowhere else. Its user checks every URL with [`check_url`](Self::check_url): an address in
    /// a URL is not resolved.
    pub(crate) fn client(&self) -> Result<Client, reqwest::Error> {
        self.client_builder().timeout(self.timeout).build()
    }

    /// The same without a limit on the whole of an answer, for answers that do not end.
    pub(crate) fn client_builder(&self) -> ClientBuilder {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread may have been quicker; then its choice stands.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .dns_resolver(Arc::new(Checked(self.clone())))
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
    }
}

/// A resolver whose every answer is permitted.
struct Checked(Destinations);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let destinations = self.0.clone();
        Box::pin(async move {
            let addresses = destinations.resolver.resolve(name.as_str().to_owned()).await?;
            for address in &addresses {
                destinations.check_address(*address)?;
            }
            // The port is the URL's.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// The address that is meant: an IPv4 address inside of an IPv6 one (mapped, or translated by NAT64) by itself.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(outer) = address else { return address };
    match outer.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    let within = |(network, length): (IpAddr, u8)| IpNet::new(network, length).is_ok_and(|net| net.contains(&address));
    match address {
        IpAddr::V4(_) => !FORBIDDEN_V4.into_iter().any(|(network, length)| within((network.into(), length))),
        IpAddr::V6(_) => {
            within((GLOBAL_V6.0.into(), GLOBAL_V6.1))
                && !FORBIDDEN_V6.into_iter().any(|(network, length)| within((network.into(), length)))
        }
    }
}
