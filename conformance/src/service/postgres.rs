//! PostgreSQL: a folder has to be made ready before it is served, and neither is done for root.

use super::{Place, Server, signal};
use anyhow::{Context, bail};
use async_trait::async_trait;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};
#[cfg(unix)]
use std::{
    fs::Permissions,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// Where Debian has the programs of each version, which are not on its PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Who may do all there. Short, so that reports need not hide it.
const USER: &str = "cc";
/// How long the folder may take. A busy machine needs seconds.
const INIT: Duration = Duration::from_secs(60);

const INSTALL: &str = "`initdb` and `postgres` are not on the PATH, nor where Debian has them. Install them (Debian, Ubuntu: \
    `apt install postgresql`; Fedora: `dnf install postgresql-server`; macOS: `brew install postgresql`; Alpine: `apk add \
    postgresql`) or name a server that runs: `--url postgres://user:password@127.0.0.1:5432/database`";

/// `postgres`, without syncing.
#[derive(Debug)]
pub struct Postgres;

#[async_trait]
impl Server for Postgres {
    fn host(&self) -> &'static str {
        "postgres"
    }

    fn name(&self) -> &'static str {
        "postgres"
    }

    fn install(&self) -> &'static str {
        INSTALL
    }

    fn is_here(&self) -> bool {
        programs().is_some()
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        init(place.dir()).await?;
        let mut command = serve(place.dir(), place.port)?;
        command.stderr(File::create(place.log())?);
        Ok(command)
    }

    /// With its password.
    fn url(&self, place: &Place) -> io::Result<String> {
        let password = std::fs::read_to_string(password(place.dir()))?;
        Ok(format!("postgres://{USER}:{}@127.0.0.1:{}/postgres", password.trim(), place.port))
    }

    /// Once the process that we started says in its folder that it is ready.
    async fn hello(&self, place: &Place, pid: Option<u32>) -> io::Result<Option<String>> {
        let file = std::fs::read_to_string(data(place.dir()).join("postmaster.pid"))?;
        // The documented lines of the file: the first is the process, the eighth the status.
        let lines: Vec<_> = file.lines().map(str::trim).collect();
        let is_ours = pid.is_some_and(|pid| lines.first() == Some(&&*pid.to_string()));
        if !is_ours || lines.get(7) != Some(&"ready") {
            return Ok(None);
        }
        // `postgres (PostgreSQL) 15.18 (Debian ...)`
        let said = command("postgres", place.dir())?.arg("--version").output().await?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        Ok(Some(said.split_whitespace().nth(2).unwrap_or_default().to_owned()))
    }

    /// One that is killed leaves a segment of shared memory behind.
    fn ask_to_end(&self, _place: &Place, child: &mut Child) {
        signal(child, "QUIT");
    }
}

/// The folder with `initdb` and `postgres`, the newest that Debian has, if it is here.
fn programs() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder);
    let is_here = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    std::env::split_paths(&paths).chain(debian).find(is_here)
}

/// Makes the folder ready: with one user, whose password nobody else can read.
async fn init(dir: &Path) -> anyhow::Result<()> {
    // In a folder that only this user reads until now.
    std::fs::write(password(dir), format!("{:032x}", rand::random::<u128>()))?;
    std::fs::create_dir(data(dir))?;
    #[cfg(unix)]
    if let Some(owner) = owner(dir)? {
        owner.takes(dir)?;
    }
    let mut command = command("initdb", dir)?;
    command.args(["--auth", "scram-sha-256", "--username", USER, "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
    command.arg("--pwfile").arg(password(dir)).arg("--pgdata").arg(data(dir)).kill_on_drop(true);
    let ended =
        timeout(INIT, command.output()).await.with_context(|| format!("`initdb` did not end within {INIT:?}"))?;
    let ended = ended.context("`initdb` cannot be started")?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        bail!("`initdb` ended with {}: {}", ended.status, said.trim());
    }
    Ok(())
}

/// Serves the folder.
fn serve(dir: &Path, port: u16) -> io::Result<Command> {
    let mut command = command("postgres", dir)?;
    command.arg("-D").arg(data(dir)).arg("-p").arg(port.to_string());
    let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=500"];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    Ok(command)
}

fn password(dir: &Path) -> PathBuf {
    dir.join("password")
}

fn data(dir: &Path) -> PathBuf {
    dir.join("data")
}

/// A program, as somebody who is not root.
fn command(name: &str, dir: &Path) -> io::Result<Command> {
    let folder = programs().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, INSTALL))?;
    let mut command = Command::new(folder.join(name));
    // Where whoever it is may be.
    command.current_dir(data(dir));
    #[cfg(unix)]
    if let Some(Owner { user, group }) = owner(dir)? {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// Who the server is where this process is root.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

#[cfg(unix)]
impl Owner {
    /// What the server reads and writes. The folder around it is only passed through.
    fn takes(self, dir: &Path) -> io::Result<()> {
        for path in [password(dir), data(dir)] {
            std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
            chown(&path, Some(self.user), Some(self.group))?;
        }
        std::fs::set_permissions(dir, Permissions::from_mode(0o711))
    }
}

/// `None` where this process is not root, for then the folder that it made is not root's.
#[cfg(unix)]
fn owner(dir: &Path) -> io::Result<Option<Owner>> {
    if dir.metadata()?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let found = ["postgres", "nobody"].iter().find_map(|name| user(&users, name));
    let missing = || io::Error::other("PostgreSQL does not run for root, and there is no user `postgres` or `nobody`");
    found.map(Some).ok_or_else(missing)
}

/// A line is `name:password:user:group:...`.
#[cfg(unix)]
fn user(users: &str, name: &str) -> Option<Owner> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
    Some(Owner { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_from_the_list_of_users() {
        let users = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/usr/sbin/nologin\nbroken:x\n";
        assert_eq!(user(users, "nobody"), Some(Owner { user: 65534, group: 65533 }));
        assert_eq!((user(users, "broken"), user(users, "postgres")), (None, None));
    }
}
