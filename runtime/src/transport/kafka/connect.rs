//! A connection that is to be made: its settings, and what they are called in librdkafka.
//!
//! In: a URL, credentials, files, options. Out: a [`Kafka`]. What always holds: what this crate's promises stand on cannot be
//! set otherwise.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;

use super::Kafka;
use super::cluster::{Cluster, blocking};
use crate::transport::{Declare, TransportError};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
const REVOKE_WITHIN: Duration = Duration::from_secs(30);

/// Begins a connection to the cluster at `url`: `kafka://host:port`, or `kafka-secure://host:port` for TLS, several hosts
/// separated by commas, with `user:password@` before the first host if wanted (SASL/PLAIN).
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        own: None,
        sasl: None,
        tls: false,
        options: Vec::new(),
        settings: Settings {
            declare: Declare::default(),
            connect_within: CONNECT_WITHIN,
            publish_within: PUBLISH_WITHIN,
            revoke_within: REVOKE_WITHIN,
        },
    }
}

/// Begins with settings of librdkafka that the program already has, for whatever it connects with: `bootstrap.servers` and all
/// that the cluster asks for. A client of librdkafka publishes or is one member of one group, so that what can be brought along
/// is what clients are made of. Their type changes with the client library, outside of this crate's version promise.
pub fn with_config(config: ClientConfig) -> Connect {
    Connect { own: Some(config), ..connect("") }
}

/// A connection that is to be made by [`open`](Self::open).
#[derive(Clone)]
#[must_use = "nothing is connected until `open` is called"]
pub struct Connect {
    url: String,
    own: Option<ClientConfig>,
    sasl: Option<Sasl>,
    tls: bool,
    /// Settings of librdkafka, the later ones over the earlier ones.
    options: Vec<(String, String)>,
    settings: Settings,
}

#[derive(Clone)]
struct Sasl {
    mechanism: &'static str,
    user: String,
    password: String,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) declare: Declare,
    pub(super) connect_within: Duration,
    pub(super) publish_within: Duration,
    pub(super) revoke_within: Duration,
}

impl Connect {
    /// The name that the cluster shows for this connection.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.option("client.id", name)
    }

    /// Authenticates with SASL/PLAIN, which sends the password: use it over TLS.
    pub fn user(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("PLAIN", user.into(), password.into())
    }

    /// Authenticates with SASL/SCRAM-SHA-256; needs the feature `kafka-tls`.
    pub fn scram_sha_256(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("SCRAM-SHA-256", user.into(), password.into())
    }

    /// Authenticates with SASL/SCRAM-SHA-512; needs the feature `kafka-tls`.
    pub fn scram_sha_512(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("SCRAM-SHA-512", user.into(), password.into())
    }

    fn sasl(mut self, mechanism: &'static str, user: String, password: String) -> Self {
        self.sasl = Some(Sasl { mechanism, user, password });
        self
    }

    /// Demands TLS, and trusts the certificates of this PEM file instead of the system's; needs the feature `kafka-tls`.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls = true;
        self.option("ssl.ca.location", file.into().to_string_lossy())
    }

    /// Demands TLS, and shows this certificate with its key, both PEM files (X.509); needs the feature `kafka-tls`.
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = true;
        self.option("ssl.certificate.location", certificate.into().to_string_lossy())
            .option("ssl.key.location", key.into().to_string_lossy())
    }

    /// Who makes topics; [`Declare::Verify`] unless set. What is created has the partitions, replicas and configuration of
    /// the channel's binding. For a channel with parameters only publishing can verify.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.declare = declare;
        self
    }

    /// For how long [`open`](Self::open) tries; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.settings.connect_within = limit;
        self
    }

    /// For how long a publication that is not confirmed is tried again; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// How long deliveries in flight may take when the group gives their partition to another member, before that member
    /// gets them as well; 30 s unless set. It must be below `max.poll.interval.ms`, which is 5 minutes.
    pub fn revoke_within(mut self, limit: Duration) -> Self {
        self.settings.revoke_within = limit;
        self
    }

    /// Sets an option of librdkafka; those that this crate's promises stand on (`enable.auto.commit`,
    /// `enable.auto.offset.store`, `enable.idempotence`, `acks`) stay as they are.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// The settings are wrong, the cluster refuses the credentials or the certificate (permanent), or it cannot be reached
    /// in time (transient).
    pub async fn open(self) -> Result<Kafka, TransportError> {
        let config = self.config()?;
        let Self { settings, .. } = self;
        blocking(move || Cluster::open(config, settings)).await?.map(|cluster| Kafka(Arc::new(cluster)))
    }

    fn config(&self) -> Result<ClientConfig, TransportError> {
        let mut config = match &self.own {
            Some(own) => own.clone(),
            None => self.of_url()?,
        };
        for (name, value) in &self.options {
            config.set(name, value);
        }
        if config.get("bootstrap.servers").is_none_or(str::is_empty) {
            return Err(TransportError::permanent("the settings for Kafka name no `bootstrap.servers`"));
        }
        Ok(config)
    }

    fn of_url(&self) -> Result<ClientConfig, TransportError> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("kafka", &self.url));
        let tls = match scheme {
            "kafka" => self.tls,
            "kafka-secure" | "kafka+ssl" | "kafkas" => true,
            other => {
                let fault =
                    format!("the URL of a Kafka cluster begins with `kafka://` or `kafka-secure://`, not `{other}://`");
                return Err(TransportError::permanent(fault));
            }
        };
        let (credentials, hosts) = rest.rsplit_once('@').map_or((None, rest), |(found, hosts)| (Some(found), hosts));
        let in_url = credentials.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            Sasl { mechanism: "PLAIN", user: percent_decoded(user), password: percent_decoded(password) }
        });
        let sasl = self.sasl.clone().or(in_url);
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", hosts.split('/').next().unwrap_or(hosts));
        config.set("client.id", "tidings");
        // Those who publish wait for a connection that was lost: the client's own pauses grow to 10 s.
        config.set("reconnect.backoff.max.ms", "1000");
        config.set(
            "security.protocol",
            match (tls, &sasl) {
                (false, None) => "plaintext",
                (false, Some(_)) => "sasl_plaintext",
                (true, None) => "ssl",
                (true, Some(_)) => "sasl_ssl",
            },
        );
        if let Some(Sasl { mechanism, user, password }) = sasl {
            config.set("sasl.mechanism", mechanism).set("sasl.username", user).set("sasl.password", password);
        }
        Ok(config)
    }
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
