//! Trap 14: two providers of cryptography in one program must not end it. Each transport is the first of its process to use TLS.

use std::process::Command;

macro_rules! transports {
    ($($transport:ident)*) => {$(
        mod $transport {
            #[test]
            fn trap_14_two_providers_of_tls_do_not_panic() {
                super::is_refused(stringify!($transport));
            }
        }
    )*};
}

transports!(amqp mqtt nats redis webhook ws);

fn is_refused(transport: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings-providers")).arg(transport).output().unwrap();
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success() && words[0].starts_with("refused"), "{}: {words:?}", output.status);
}
