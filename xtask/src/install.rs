//! What the chores need that cargo does not bring: Node, npm packages, browsers, servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, first_line, npm, run};

const OLDEST_NODE: u32 = 20;

/// The browsers of the interop tests.
pub(crate) struct Browsers {
    pub(crate) chromium: PathBuf,
    pub(crate) firefox: PathBuf,
}

struct Browser {
    variable: &'static str,
    programs: &'static [&'static str],
    package: &'static str,
}

const CHROMIUM: Browser = Browser {
    variable: "RILL_CHROMIUM",
    programs: &["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
};
const FIREFOX: Browser = Browser {
    variable: "RILL_FIREFOX",
    programs: &["firefox-esr", "firefox"],
    package: "firefox-esr",
};

/// Checks that Node and npm are there and new enough; they are not installed for the user.
pub(crate) fn node() -> Outcome {
    let advice = format!("install Node {OLDEST_NODE} or later with npm: https://nodejs.org/");
    let version = first_line(Command::new("node").arg("--version"))
        .ok_or_else(|| format!("node is not in PATH; {advice}"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok());
    if major.is_none_or(|major: u32| major < OLDEST_NODE) {
        return Err(format!("node is {version}, too old; {advice}"));
    }
    first_line(&mut npm(Path::new("."), ["--version"]))
        .map(drop)
        .ok_or_else(|| format!("npm is not in PATH; {advice}"))
}

/// Installs what the lock file in `directory` names, unless that has been done since it changed.
pub(crate) fn npm_packages(directory: &Path) -> Outcome {
    let changed = |name: &str| {
        directory
            .join(name)
            .metadata()
            .and_then(|data| data.modified())
            .ok()
    };
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json").max(changed("package.json"))
    {
        return Ok(());
    }
    run(&mut npm(directory, ["ci"]))
}

/// Finds both browsers; as root on Debian it installs those that are missing, otherwise it says
/// what to install and fails.
pub(crate) fn browsers() -> Outcome<Browsers> {
    let missing: Vec<_> = [CHROMIUM, FIREFOX]
        .into_iter()
        .filter(|browser| browser.find().is_none())
        .collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    Ok(Browsers {
        chromium: CHROMIUM.required()?,
        firefox: FIREFOX.required()?,
    })
}

impl Browser {
    fn find(&self) -> Option<PathBuf> {
        if let Some(path) = std::env::var_os(self.variable) {
            return Some(path.into());
        }
        self.programs.iter().find_map(|program| in_path(program))
    }

    fn required(&self) -> Outcome<PathBuf> {
        self.find().ok_or_else(|| advice(&[self.package]))
    }
}

fn install(missing: &[Browser]) -> Outcome {
    let packages: Vec<_> = missing.iter().map(|browser| browser.package).collect();
    debian_packages(&packages).map_err(|error| format!("{error}\n{}", advice(&packages)))
}

/// Programs of the tests on real servers and NATs, and their packages.
const NETWORK: [(&str, &str); 3] = [
    ("turnserver", "coturn"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
];

/// Installs what the tests on real servers and NATs need, as root on Debian; elsewhere it says what
/// is missing. Without it those tests are skipped.
pub(crate) fn network_tools() -> Outcome {
    let missing: Vec<_> = NETWORK
        .into_iter()
        .filter(|(program, _)| in_path(program).is_none())
        .map(|(_, package)| package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    debian_packages(&missing)
}

/// Installs packages as root on Debian; elsewhere it says what is missing and fails.
pub(crate) fn debian_packages(packages: &[&str]) -> Outcome {
    let root = first_line(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    if !root || in_path("apt-get").is_none() {
        let packages = packages.join(" ");
        return Err(format!(
            "it needs Debian's {packages}: sudo apt-get install {packages}"
        ));
    }
    run(Command::new("apt-get").args(["-q", "update"]))?;
    run(Command::new("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-y", "install", "--no-install-recommends"])
        .args(packages))
}

fn advice(packages: &[&str]) -> String {
    format!(
        "the browser tests need {packages}; on Debian: `sudo apt-get install {packages}`, \
         elsewhere set {} and {} to the programs",
        CHROMIUM.variable,
        FIREFOX.variable,
        packages = packages.join(" "),
    )
}

/// The program of that name that a shell would start.
pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
