//! coturn, started and stopped by a test.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::Ipv4Addr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Once,
        atomic::{AtomicU8, Ordering},
    },
};

use rill::{Configuration, IceServer, IceTransportPolicy, Loopback, Reach, TlsTrust};
use tokio::{sync::watch, time::timeout};

use crate::{authority::Authority, namespace::Namespace, peer::LONG, skipped};

const PROGRAM: &str = "turnserver";
pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const REALM: &str = "rill.example";

/// Where and how a server runs.
pub(crate) struct Setup<'a> {
    address: Ipv4Addr,
    tls_port: u16,
    namespace: Option<&'a Namespace>,
    /// More lines of its configuration.
    options: &'a str,
    certified_as: Option<&'a str>,
    expired: bool,
}

/// A running server. Killed when dropped.
pub(crate) struct Coturn {
    address: Ipv4Addr,
    tls_port: u16,
    command: Command,
    child: Child,
    folder: PathBuf,
    root: Vec<u8>,
    log: watch::Receiver<String>,
}

impl<'a> Setup<'a> {
    /// On loopback: each server has an address of its own, so ports never collide.
    pub(crate) fn on_loopback(options: &'a str) -> Self {
        static COUNT: AtomicU8 = AtomicU8::new(1);
        let [.., high, low] = std::process::id().to_be_bytes();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            address: Ipv4Addr::new(127, high | 0x80, low, number),
            tls_port: 5349,
            namespace: None,
            options,
            certified_as: None,
            expired: false,
        }
    }

    /// In a namespace.
    pub(crate) fn within(namespace: &'a Namespace, address: Ipv4Addr, tls_port: u16) -> Self {
        Self {
            address,
            tls_port,
            namespace: Some(namespace),
            options: "",
            certified_as: None,
            expired: false,
        }
    }

    /// With a certificate for something else than its address.
    pub(crate) fn certified_as(self, name: &'a str) -> Self {
        Self {
            certified_as: Some(name),
            ..self
        }
    }

    /// With a certificate that is not valid any more.
    pub(crate) fn expired(self) -> Self {
        Self {
            expired: true,
            ..self
        }
    }

    /// `None` where coturn is not installed, which is said once.
    pub(crate) async fn start(self) -> Option<Coturn> {
        static SAID: Once = Once::new();
        if !is_installed() {
            SAID.call_once(|| {
                skipped(
                    "the tests of TURN, because coturn is not installed (apt-get install coturn)",
                );
            });
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "coturn-{}-{}",
            std::process::id(),
            self.number()
        ));
        fs::create_dir_all(&folder).expect("the target directory is writable");
        let authority = Authority::new();
        self.write(&folder, &authority);
        let mut command = match self.namespace {
            Some(namespace) => namespace.command(PROGRAM),
            None => Command::new(PROGRAM),
        };
        command.arg("-c").arg(folder.join("conf"));
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let (child, log) = spawn(&mut command);
        let mut server = Coturn {
            address: self.address,
            tls_port: self.tls_port,
            command,
            child,
            folder,
            root: authority.root(),
            log,
        };
        server.listens().await;
        Some(server)
    }

    fn number(&self) -> String {
        let namespace = self.namespace.map_or("", Namespace::name);
        format!("{namespace}{}", self.address)
    }

    fn write(&self, folder: &std::path::Path, authority: &Authority) {
        let Self {
            address,
            tls_port,
            options,
            ..
        } = self;
        let own = address.to_string();
        let name = self.certified_as.unwrap_or(&own);
        let identity = match self.expired {
            true => authority.certified(name),
            false => authority.certify(name),
        };
        let at = folder.display();
        let conf = format!(
            "listening-ip={address}\nrelay-ip={address}\nlistening-port=3478\n\
             tls-listening-port={tls_port}\nuser={USER}:{PASSWORD}\nrealm={REALM}\nlt-cred-mech\n\
             cert={at}/cert.pem\npkey={at}/key.pem\nallow-loopback-peers\nno-cli\n\
             log-file=stdout\nverbose\npidfile={at}/pid\nuserdb={at}/db\n{options}\n"
        );
        for (name, text) in [
            ("conf", conf),
            ("cert.pem", identity.certificate),
            ("key.pem", identity.key),
        ] {
            fs::write(folder.join(name), text).expect("the folder was just made");
        }
    }
}

impl Coturn {
    /// A server on loopback with more lines of configuration.
    pub(crate) async fn start(options: &str) -> Option<Self> {
        Setup::on_loopback(options).start().await
    }

    /// The URL for a transport: `udp`, `tcp` or `tls`.
    pub(crate) fn url(&self, transport: &str) -> String {
        let Self {
            address, tls_port, ..
        } = self;
        match transport {
            "tls" => format!("turns:{address}:{tls_port}"),
            transport => format!("turn:{address}?transport={transport}"),
        }
    }

    /// For a peer that uses nothing else, and from loopback only.
    pub(crate) fn relay_only(&self, transport: &str) -> Configuration {
        Configuration {
            ice_servers: vec![IceServer {
                urls: vec![self.url(transport)],
                username: Some(USER.to_owned()),
                credential: Some(PASSWORD.to_owned()),
            }],
            ice_transport_policy: IceTransportPolicy::Relay,
            loopback: Loopback::Always,
            reach: Reach {
                interfaces: vec!["lo".to_owned()],
                ..Reach::default()
            },
            tls_trust: self.roots(),
            ..Configuration::default()
        }
    }

    /// Trust in the authority that certified it.
    pub(crate) fn roots(&self) -> TlsTrust {
        TlsTrust::Roots(vec![self.root.clone()])
    }

    /// The authority's certificate (DER) as a file.
    pub(crate) fn root_file(&self) -> PathBuf {
        let file = self.folder.join("root.der");
        fs::write(&file, &self.root).expect("the folder is ours");
        file
    }

    /// Waits until the server has logged something.
    pub(crate) async fn logs(&mut self, what: &str) {
        let told = timeout(LONG, self.log.wait_for(|log| log.contains(what))).await;
        let is_found = matches!(told, Ok(Ok(_)));
        drop(told);
        let log = self.log.borrow();
        assert!(is_found, "no {what:?} in coturn's log:\n{}", *log);
    }

    /// As when its machine crashes.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// The same server again, which knows nothing of what was.
    pub(crate) async fn start_again(&mut self) {
        self.kill();
        (self.child, self.log) = spawn(&mut self.command);
        self.listens().await;
    }

    async fn listens(&mut self) {
        // The last of its threads to be started.
        self.logs("(admin thread)").await;
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        self.kill();
        // A folder that is left harms nobody.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn is_installed() -> bool {
    let mut version = Command::new(PROGRAM);
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok()
}

/// Its log grows until it ends.
fn spawn(command: &mut Command) -> (Child, watch::Receiver<String>) {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("coturn is installed");
    let stdout = child.stdout.take().expect("it is piped");
    let (sender, log) = watch::channel(String::new());
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            sender.send_modify(|log| {
                log.push_str(&line);
                log.push('\n');
            });
        }
    });
    (child, log)
}
