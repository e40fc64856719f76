//! `shutdown_signal` in a process of its own: the first signal drains, the second ends at once.

#![cfg(all(unix, feature = "signal", feature = "memory"))]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tidings_runtime::Service;
use tidings_runtime::transport::memory::Broker;

/// Says that this process is the child: without it, what the child runs would wait for a signal that nobody sends.
const CHILD: &str = "TIDINGS_SIGNAL_CHILD";

/// What the child process runs.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let shutdown = async {
        println!("ready");
        tidings_runtime::shutdown_signal().await;
        println!("first signal");
        if std::env::var_os("IMPATIENT").is_some() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    };
    Service::new(Broker::new()).run_until(shutdown).await.unwrap();
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

#[test]
fn trap_10_the_first_signal_drains_and_the_second_ends_at_once() {
    for (first, second) in [("TERM", None), ("INT", None), ("TERM", Some("INT")), ("INT", Some("TERM"))] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--nocapture"]).env(CHILD, "yes").stdout(Stdio::piped());
        if second.is_some() {
            command.env("IMPATIENT", "yes");
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.ends_with("ready")));
        // The signal is listened to right after that line.
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, first);
        assert!(lines.any(|line| line.ends_with("first signal")));
        if let Some(second) = second {
            // The second one is listened to since the first.
            signal(&child, second);
        }
        let status = child.wait_with_output().unwrap().status;
        assert_eq!(status.code(), Some(if second.is_some() { 130 } else { 0 }));
    }
}
