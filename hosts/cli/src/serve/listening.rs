//! Where the components of a host answer HTTP when its manifest changes. Each address is kept until all changes are made,
//! so that it can go from one component to another, and two can change places.

use crate::unit::Unit;
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// By component and address, as the manifest has them.
#[derive(Default)]
pub struct Listening(Vec<(String, SocketAddr, TcpListener)>);

impl Listening {
    pub fn of<'a>(units: impl IntoIterator<Item = (&'a String, &'a Unit)>) -> io::Result<Self> {
        let mut all = Vec::new();
        for (name, unit) in units {
            if let Some((address, listener)) = unit.listening()? {
                all.push((name.clone(), address, listener));
            }
        }
        Ok(Self(all))
    }

    /// What a component of this name takes over at its address. A port that the system chose is nobody else's.
    pub fn at(&self, name: &str, address: SocketAddr) -> io::Result<Option<TcpListener>> {
        let found = self.0.iter().find(|(of, at, _)| *at == address && (address.port() != 0 || of == name));
        found.map(|(_, _, listener)| listener.try_clone()).transpose()
    }

    /// What to do where an address cannot be had because of one of these.
    pub fn hint(&self, address: SocketAddr) -> Option<String> {
        let beside = |at: &SocketAddr| *at != address && at.port() == address.port() && address.port() != 0;
        let (name, other, _) = self.0.iter().find(|(_, at, _)| beside(at))?;
        Some(format!(
            "`{name}` answers at {other} until the new address is there, and both have one port: choose another port, or \
             leave `http` out, save, and add it again"
        ))
    }
}
