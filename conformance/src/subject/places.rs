//! Where the data of a deployment is, and what of it ends with the run.

use crate::{
    host::{
        foreign::{self, Foreign},
        stage::{Backend, Connect},
    },
    service::Service,
};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;
use url::Url;
use wasi_cloud_core::{Clock, Error};

/// Makes the backend of one deployment.
pub(super) type Deploy = Arc<dyn Fn() -> Result<Backend, Error> + Send + Sync>;

/// What a run brings along and takes away.
pub(super) enum Private {
    Server(Box<Service>),
    Files(TempDir),
}

impl Private {
    /// A folder for files of this run.
    ///
    /// # Errors
    /// If there can be none.
    pub(super) fn files() -> std::io::Result<Self> {
        tempfile::Builder::new().prefix("cloud-conformance-").tempdir().map(Self::Files)
    }

    pub(super) async fn stop(self) {
        match self {
            Self::Server(service) => service.stop().await,
            // What cannot be removed is in the system's folder for such things.
            Self::Files(folder) => drop(folder.close()),
        }
    }
}

pub(super) fn deploy(url: &Url, private: Option<&Private>) -> Deploy {
    let place = url.to_string();
    match private {
        Some(Private::Files(folder)) => {
            let folder = folder.path().to_owned();
            Arc::new(move || file_of_its_own(&folder))
        }
        _ if is_in_process(url) => Arc::new(move || in_process(&place)),
        _ => Arc::new(move || Ok(at(&place))),
    }
}

pub(super) fn is_in_process(url: &Url) -> bool {
    url.scheme() == "memory" || url.as_str().starts_with("sqlite::memory:")
}

/// A backend in this process: a new one with a clock of its own, which a restarted host finds again.
fn in_process(url: &str) -> Result<Backend, Error> {
    let clock = Clock::new_virtual();
    let registry = Arc::new(wasi_cloud::registry(&clock)?);
    let url = url.to_owned();
    let connect: Connect = Arc::new(move || {
        let (registry, url) = (registry.clone(), url.clone());
        Box::pin(async move { registry.services(&url).await })
    });
    Ok(Backend { connect, clock: Some(clock), foreign: None })
}

/// A file and a clock for this deployment alone, for rows expire by the clock of whoever looks. A restarted host opens
/// the file anew.
fn file_of_its_own(folder: &Path) -> Result<Backend, Error> {
    let unusable = |why: &dyn std::fmt::Display| {
        Error::new(wasi_cloud_core::Kind::Unavailable, format!("no file in `{}`: {why}", folder.display()))
    };
    let own = Arc::new(TempDir::new_in(folder).map_err(|why| unusable(&why))?);
    let file = own.path().join("keyvalue.db");
    let url = Url::from_file_path(&file).map_err(|()| unusable(&"the path is relative"))?;
    let foreign = foreign::sqlite(file);
    let (url, clock) = (format!("sqlite://{}", url.path()), Clock::new_virtual());
    let connect: Connect = Arc::new({
        let clock = clock.clone();
        move || {
            let (url, clock, own) = (url.clone(), clock.clone(), own.clone());
            Box::pin(async move {
                let opened = wasi_cloud::registry(&clock)?.services(&url).await;
                // Until here the folder must be there; who has the file open does not need it.
                drop(own);
                opened
            })
        }
    });
    Ok(Backend { connect, clock: Some(clock), foreign: Some(foreign) })
}

/// Another program, for those servers that the suite has one for.
fn writer(url: &Url) -> Option<Arc<dyn Foreign>> {
    #[cfg(feature = "etcd")]
    if let Some(writer) = foreign::etcd(url) {
        return Some(writer);
    }
    #[cfg(feature = "nats")]
    if let Some(writer) = foreign::nats(url) {
        return Some(writer);
    }
    #[cfg(feature = "postgres")]
    if let Some(writer) = foreign::postgres(url) {
        return Some(writer);
    }
    #[cfg(feature = "vault")]
    if let Some(writer) = foreign::vault(url) {
        return Some(writer);
    }
    #[cfg(feature = "zookeeper")]
    if let Some(writer) = foreign::zookeeper(url) {
        return Some(writer);
    }
    foreign::redis(url)
}

/// A place outside: a restarted host connects anew.
fn at(url: &str) -> Backend {
    let foreign = Url::parse(url).ok().as_ref().and_then(writer);
    let url = url.to_owned();
    let connect: Connect = Arc::new(move || {
        let url = url.clone();
        Box::pin(async move { wasi_cloud::registry(&Clock::default())?.services(&url).await })
    });
    Backend { connect, clock: None, foreign }
}
