use crate::{Error, Result, bindings::wasi::config::store, case};

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Upstream(text) => case::Config::Upstream(text),
            store::Error::Io(text) => case::Config::Io(text),
        }
        .into()
    }
}

pub(crate) fn get(key: &str) -> Result<Option<String>> {
    Ok(store::get(key)?)
}

pub(crate) fn get_all() -> Result<Vec<(String, String)>> {
    Ok(store::get_all()?)
}
