//! The peers that are programs: built or installed on demand, into folders of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::{debian_packages, in_path};
use crate::run::{Outcome, cargo, first_line, root, run, target_dir};

/// A stack whose program is not in an npm package.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    install: fn(&'static str) -> Outcome<Vec<PathBuf>>,
}

pub(crate) const ALL: [Peer; 4] = [
    Peer {
        name: "aiortc",
        install: python,
    },
    Peer {
        name: "str0m",
        install: rust,
    },
    Peer {
        name: "webrtc",
        install: rust,
    },
    Peer {
        name: "pion",
        install: go,
    },
];

const PION: &str = "golang-github-pion-webrtc.v3-dev";
/// Where Debian puts the sources of its Go libraries.
const GO_SOURCES: &str = "/usr/share/gocode";

impl Peer {
    /// Tells the matrix where the program is, or why this machine does not have it.
    pub(crate) fn prepare(&self, matrix: &mut Command) {
        let variable = format!("RILL_PEER_{}", self.name.to_uppercase());
        eprintln!("=== {}: its program", self.name);
        match (self.install)(self.name) {
            Ok(words) => {
                let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
                matrix.env(variable, words.join("\n"));
            }
            Err(reason) => {
                eprintln!("=== {}: not here: {reason}", self.name);
                matrix.env(format!("{variable}_ABSENT"), reason);
            }
        }
    }
}

fn sources() -> PathBuf {
    root().join("interop").join("peers")
}

fn built() -> PathBuf {
    target_dir().join("interop")
}

fn rust(name: &'static str) -> Outcome<Vec<PathBuf>> {
    let program = format!("interop-{name}");
    let target = built().join("rust");
    let mut build = cargo(["build", "--release", "--locked", "--package", &program]);
    build.arg("--manifest-path");
    build.arg(sources().join("rust").join("Cargo.toml"));
    run(build.arg("--target-dir").arg(&target))?;
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    Ok(vec![target.join("release").join(file)])
}

/// Whether pion's sources and their compiler are installed.
pub(crate) fn has_pion() -> bool {
    let library = Path::new(GO_SOURCES).join("src/github.com/pion/webrtc");
    in_path("go").is_some() && library.is_dir()
}

/// pion as Debian packages it, with the compiler beside it: both from the package index alone.
fn go(_: &'static str) -> Outcome<Vec<PathBuf>> {
    if !has_pion() {
        debian_packages(&["golang-go", PION])?;
    }
    let query = ["--show", "--showformat=${Version}", PION];
    let version = first_line(Command::new("dpkg-query").args(query)).unwrap_or_default();
    let program = built().join("pion");
    run(Command::new("go")
        .current_dir(sources().join("go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", GO_SOURCES)
        .env("GOCACHE", built().join("go-cache"))
        .args(["build", "-ldflags", &format!("-X main.version={version}")])
        .arg("-o")
        .arg(&program))?;
    Ok(vec![program])
}

/// aiortc in a virtual environment that holds what `requirements.txt` locks.
fn python(_: &'static str) -> Outcome<Vec<PathBuf>> {
    let environment = built().join("venv");
    let program = environment.join("bin").join("python");
    let locked = sources().join("python").join("requirements.txt");
    let installed = environment.join("requirements.txt");
    if !same_content(&locked, &installed) {
        let create = || {
            let create = ["-m", "venv", "--clear"];
            run(Command::new("python3").args(create).arg(&environment))
        };
        // Debian's python3 comes without it.
        create().or_else(|_| debian_packages(&["python3-venv"]).and_then(|()| create()))?;
        run(Command::new(&program)
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(&locked))?;
        std::fs::copy(&locked, &installed)
            .map_err(|error| format!("cannot write {}: {error}", installed.display()))?;
    }
    Ok(vec![program, sources().join("python").join("peer.py")])
}

fn same_content(one: &Path, other: &Path) -> bool {
    match (std::fs::read(one), std::fs::read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
