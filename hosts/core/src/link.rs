//! The only way to a backend: [`Link::run`] checks the grant, picks the current route and runs the layers.

use crate::{
    call::Call,
    error::{Error, Kind, Result},
    grant::Grants,
    layer::{self, Layers},
};
use arc_swap::{ArcSwap, ArcSwapOption};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// The grants of one component, shared by all its links: what is stored here bites at the next call.
pub type SharedGrants = Arc<ArcSwap<Grants>>;

/// One way to one backend. Immutable: switching a link replaces its route.
pub struct Route<B: ?Sized> {
    /// The backend.
    pub backend: Arc<B>,
    /// What separates this link's data inside the backend: for key-value, the bucket.
    pub scope: String,
    /// What happens around each call.
    pub layers: Layers,
    /// How many routes the label had before this one.
    pub generation: u64,
}

/// What a guest's label stands for: a switchable, guarded way to one backend. Clones are the same link.
pub struct Link<B: ?Sized> {
    capability: &'static str,
    label: Arc<str>,
    route: Slot<B>,
    grants: SharedGrants,
}

impl<B: ?Sized> Clone for Link<B> {
    fn clone(&self) -> Self {
        Self {
            capability: self.capability,
            label: self.label.clone(),
            route: self.route.clone(),
            grants: self.grants.clone(),
        }
    }
}

impl<B: ?Sized> fmt::Debug for Link<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("label", &self.label).finish_non_exhaustive()
    }
}

impl<B: ?Sized + Send + Sync> Link<B> {
    /// The label that the guest named.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What traces call the system that it leads to now, if one of its layers knows.
    #[must_use]
    pub fn system(&self) -> Option<Arc<str>> {
        self.route.load().as_ref()?.layers.iter().find_map(|layer| layer.system())
    }

    /// Runs one operation: grant, route, layers, backend, in this order.
    ///
    /// The operation runs wholly on the route that it started with; the next one uses the current route. Capability and
    /// label are the link's own, whatever the call says: no caller can pass another link's grant.
    ///
    /// # Errors
    /// `access-denied` if no grant allows the call, whether the label exists or not; `not-found` if it was granted
    /// but nothing is linked to it; else what a layer or the backend says.
    pub async fn run<T, F, Fut>(&self, call: Call<'_>, mut op: F) -> Result<T>
    where
        F: FnMut(Arc<Route<B>>) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
        T: Send,
    {
        let call = Call { capability: self.capability, label: &self.label, ..call };
        self.check(&call)?;
        let route = self.route.load_full().ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("nothing is linked to `{}:{}`", call.capability, self.label.escape_debug()),
            )
        })?;
        layer::run(&route.layers, &call, || op(route.clone())).await
    }

    /// The grant alone, before something that is not a call.
    pub(crate) fn check(&self, call: &Call<'_>) -> Result<()> {
        self.grants.load().check(call)
    }
}

type Slot<B> = Arc<ArcSwapOption<Route<B>>>;

/// The host's labels of one capability. Clones are the same table.
pub struct Table<B: ?Sized> {
    capability: &'static str,
    slots: Arc<RwLock<BTreeMap<String, Slot<B>>>>,
}

impl<B: ?Sized> Clone for Table<B> {
    fn clone(&self) -> Self {
        Self { capability: self.capability, slots: self.slots.clone() }
    }
}

impl<B: ?Sized> fmt::Debug for Table<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(slots.keys()).finish()
    }
}

impl<B: ?Sized> Table<B> {
    /// An empty table of a capability, by its word.
    pub(crate) fn new(capability: &'static str) -> Self {
        Self { capability, slots: Arc::default() }
    }

    /// Links a label to a backend, or switches it while guests run. Open handles stay valid; cursors and versions
    /// of the earlier route become `conflict`. A subscription stays on the route it was made on until it is made anew.
    pub fn set(&self, label: &str, backend: Arc<B>, scope: impl Into<String>, layers: Layers) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(label.to_owned()).or_default();
        let generation = slot.load().as_ref().map_or(0, |old| old.generation + 1);
        slot.store(Some(Arc::new(Route { backend, scope: scope.into(), layers, generation })));
    }

    /// The link of a label, for a component with these grants. An unknown label makes a link that leads nowhere:
    /// [`Link::run`] alone decides whether that is `access-denied` or `not-found`.
    #[must_use]
    pub fn link(&self, label: &str, grants: &SharedGrants) -> Link<B> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let route = slots.get(label).cloned().unwrap_or_default();
        Link { capability: self.capability, label: label.into(), route, grants: grants.clone() }
    }
}

/// Puts a route's generation before an opaque text that a backend made.
pub(crate) fn stamp(generation: u64, text: &str) -> String {
    format!("{generation}.{text}")
}

/// Takes the generation off again. Only what [`stamp`] can have written counts: `00.x` is not `0.x`.
pub(crate) fn unstamp<'a>(generation: u64, text: &'a str, what: &str) -> Result<&'a str> {
    let (stamped, rest) = text
        .split_once('.')
        .and_then(|(g, rest)| Some((g.parse::<u64>().ok().filter(|n| n.to_string() == g)?, rest)))
        .ok_or_else(|| Error::new(Kind::Invalid, format!("this {what} was not made by this host")))?;
    if stamped == generation {
        Ok(rest)
    } else {
        Err(Error::new(Kind::Conflict, format!("this {what} is from before the link was switched; start again")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Access;

    #[tokio::test]
    async fn a_call_passes_under_the_links_own_name_only() {
        let table = Table::<u8>::new("keyvalue");
        table.set("secret", Arc::new(7), "", [].into());
        let grants = Grants::parse(["keyvalue:open", "messaging:secret"]).expect("parses").shared();
        let (access, op, key) = (Access::Read, "get", "");
        for (capability, label) in [("keyvalue", "open"), ("messaging", "secret")] {
            let forged = Call { capability, op, access, label, key, idempotent: true };
            let link = table.link("secret", &grants);
            let denied = link.run(forged, |at| async move { Ok(*at.backend) }).await.expect_err("not granted");
            assert_eq!(denied.kind, Kind::AccessDenied);
        }
    }
}
