//! The program as its users run it, in memory and on a real broker.

use std::error::Error;
use std::process::Command;

#[cfg(test)]
#[path = "../../../runtime/tests/brokers/mod.rs"]
mod brokers;

/// How the program ended, and what it printed.
fn run(arguments: &[&str]) -> Result<(Option<i32>, String, String), Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_street-lights"));
    let output = command.args(arguments).env_remove("PRODUCTION_USER").env_remove("PRODUCTION_CERTIFICATE").output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}

#[test]
fn every_light_is_turned_off_on_and_dimmed_in_order() -> Result<(), Box<dyn Error>> {
    let (status, text, _) = run(&["--lights", "30"])?;
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("light 30: turned off, turned on, dimmed to 30 %\n"), "{text}");
    assert!(text.ends_with("30 of 30 lights were told what they should be\n"), "{text}");
    Ok(())
}

#[test]
fn the_secrets_that_the_document_asks_for_are_named_when_they_are_missing() -> Result<(), Box<dyn Error>> {
    let (status, _, error) = run(&["--production"])?;
    assert_eq!(status, Some(1), "{error}");
    for name in ["PRODUCTION_USER", "PRODUCTION_PASSWORD", "PRODUCTION_CERTIFICATE_KEY"] {
        assert!(error.contains(name), "{name}: {error}");
    }
    Ok(())
}

/// `cargo xtask test --without mosquitto` leaves out what is in here.
#[cfg(test)]
mod needs_mosquitto {
    use super::brokers::mosquitto::Mosquitto;
    use super::*;

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_addresses_of_the_document_carry_the_lights_on_a_real_broker() -> Result<(), Box<dyn Error>> {
        let server = Mosquitto::start();
        // Another client than the program's.
        let mut witness = server.client("mosquitto_sub");
        let witness = witness.args(["-t", "lights/+/+/commands", "-q", "1", "-C", "90", "-W", "60", "-F", "%t %p"]);
        let witness = witness.stdout(std::process::Stdio::piped()).spawn()?;
        while !server.log().contains("lights/+/+/commands (QoS 1)") {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let (status, text, error) = run(&["--lights", "30", "--mqtt", &server.url()])?;
        assert_eq!(status, Some(0), "{text}{error}");
        assert!(text.ends_with("30 of 30 lights were told what they should be\n"), "{text}");
        let seen = String::from_utf8(witness.wait_with_output()?.stdout)?;
        let turned = |line: &&str| line.starts_with("lights/harbour/") && line.contains(r#""turn":"on""#);
        assert_eq!((seen.lines().count(), seen.lines().filter(turned).count()), (90, 10), "{seen}");
        Ok(())
    }
}

/// `cargo xtask test --without kafka` leaves out what is in here.
#[cfg(test)]
mod needs_kafka {
    use super::brokers::kafka::KafkaServer;
    use super::*;

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_topics_of_the_document_carry_the_lights_on_a_real_cluster() -> Result<(), Box<dyn Error>> {
        let server = KafkaServer::start();
        let (status, text, error) = run(&["--lights", "30", "--kafka", &server.url()])?;
        assert_eq!(status, Some(0), "{text}{error}");
        assert!(text.ends_with("30 of 30 lights were told what they should be\n"), "{text}");
        let topics = server.ask("org.apache.kafka.tools.TopicCommand", &["--describe", "--topic", "lights.commands"]);
        assert!(topics.contains("PartitionCount: 8") && topics.contains("retention.ms=3600000"), "{topics}");
        assert_eq!((server.count("lights.measurements"), server.count("lights.commands")), (90, 90));
        let groups = server.ask("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", &["--list"]);
        assert!(groups.lines().any(|group| group == "control-centre"), "{groups}");
        Ok(())
    }
}

/// `cargo xtask test --without rabbitmq` leaves out what is in here.
#[cfg(test)]
mod needs_rabbitmq {
    use super::brokers::rabbitmq::RabbitmqServer;
    use super::*;

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_exchange_of_the_document_carries_the_lights_on_a_real_broker() -> Result<(), Box<dyn Error>> {
        let server = RabbitmqServer::start();
        let (status, text, error) = run(&["--lights", "30", "--rabbitmq", &server.url()])?;
        assert_eq!(status, Some(0), "{text}{error}");
        assert!(text.ends_with("30 of 30 lights were told what they should be\n"), "{text}");
        let exchanges = server.control(&["list_exchanges", "name", "type", "durable"]);
        assert!(exchanges.lines().any(|line| line == "city.lights\ttopic\ttrue"), "{exchanges}");
        let queue = "control-centre.city.lights.lights.*.*.measured";
        let bindings = server.control(&["list_bindings", "source_name", "destination_name", "routing_key"]);
        assert!(
            bindings.lines().any(|line| line == format!("city.lights\t{queue}\tlights.*.*.measured")),
            "{bindings}"
        );
        Ok(())
    }
}
