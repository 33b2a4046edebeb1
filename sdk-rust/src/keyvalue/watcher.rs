use super::Bucket;

/// What is told of changes in the buckets that the host watches for this component. Implement it and hand it to
/// [`export_watcher!`](crate::export_watcher).
///
/// Which buckets are watched is configured at the host, and the component needs a grant to read them. Every write of a key is
/// a `set`, whatever function wrote it and whoever called that: also what the watcher writes itself, so one that writes must
/// know when to stop. The changes of one key come in order (KV-WATCH-S01). Nothing is returned, so nothing can be refused: a
/// change that is not dealt with, for a panic or because the host ends, is not told again.
///
/// ```
/// use wasi_cloud_sdk::{keyvalue::{Bucket, Watcher}, testing::Cloud};
///
/// struct Mirror;
///
/// impl Watcher for Mirror {
///     fn on_set(bucket: &Bucket, key: &str, value: Vec<u8>) {
///         if !key.starts_with("mirror.") {
///             let _ = bucket.set(&format!("mirror.{key}"), value);
///         }
///     }
///
///     fn on_delete(bucket: &Bucket, key: &str) {
///         let _ = bucket.delete(&format!("mirror.{key}"));
///     }
/// }
///
/// wasi_cloud_sdk::export_watcher!(Mirror);
///
/// # fn main() -> wasi_cloud_sdk::Result<()> {
/// let _cloud = Cloud::new();
/// let bucket = Bucket::open("default")?;
/// Mirror::on_set(&bucket, "colour", b"red".to_vec());
/// assert_eq!(bucket.get("mirror.colour")?.as_deref(), Some(&b"red"[..]));
/// # Ok(()) }
/// ```
pub trait Watcher {
    /// A key was written, with this value (KV-WATCH-01). The bucket can be read and written (KV-WATCH-03). The instance is
    /// busy until this returns, and the host may set a deadline.
    fn on_set(bucket: &Bucket, key: &str, value: Vec<u8>);

    /// A key was removed (KV-WATCH-02). The bucket can be read and written (KV-WATCH-03). The instance is busy until this
    /// returns, and the host may set a deadline.
    fn on_delete(bucket: &Bucket, key: &str);
}
