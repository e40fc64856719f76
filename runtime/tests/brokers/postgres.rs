//! PostgreSQL for tests: started on a free loopback port with a folder of its own, ended by its process id.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tidings_runtime::store::sqlx::{AnyConnection, Connection as _, any};

/// Nobody, by whom PostgreSQL lets itself be run where the tests are run by root.
const NOBODY: u32 = 65_534;

/// A server in a folder of its own, ended when it is dropped.
pub struct PostgresServer {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of PostgreSQL.
fn program(name: &str, root: bool) -> Command {
    let folder = std::env::var_os("TIDINGS_POSTGRES").expect("`cargo xtask test` sets TIDINGS_POSTGRES");
    let path = PathBuf::from(folder).join(name);
    if !root {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]).arg(path);
    command
}

impl PostgresServer {
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
        if root {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let data = folder.path().join("data");
        let made = program("initdb", root)
            .args(["--auth=trust", "--username=postgres", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = program("postgres", root);
        command.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), _folder: folder };
        any::install_default_drivers();
        for _ in 0..200 {
            if AnyConnection::connect(&server.url).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL did not start");
    }
}
