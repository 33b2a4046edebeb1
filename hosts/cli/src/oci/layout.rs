//! The Wasm OCI Artifact of the CNCF's TAG Runtime: a manifest with a configuration of its own media type and one layer, the
//! wasm.

use crate::inspect::bytes;
use anyhow::bail;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM: &str = "application/wasm";
/// What tools wrote before there was the layout.
const OLD_WASM: &str = "application/vnd.wasm.content.layer.v1+wasm";

/// Bytes, and what they are known by.
pub struct Blob {
    pub media_type: &'static str,
    pub digest: String,
    pub bytes: Vec<u8>,
}

/// What is pushed.
pub struct Artifact {
    pub config: Blob,
    pub layer: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    created: String,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Component>,
}

#[derive(Serialize)]
struct Component {
    exports: Vec<String>,
    imports: Vec<String>,
}

/// Of the year 9999: no text has a later time, nor one before 1970.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

impl Artifact {
    /// `made` is when the wasm was made: not now, so that the same file always has the same digest.
    pub fn of(wasm: Vec<u8>, made: SystemTime) -> anyhow::Result<Self> {
        let is_component = bytes::kind(&wasm)? == bytes::COMPONENT;
        let layer = Blob::new(WASM, wasm);
        let config = Config {
            created: humantime::format_rfc3339_seconds(made.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST_SECOND)).to_string(),
            architecture: "wasm",
            os: if is_component { "wasip2" } else { "wasip1" },
            layer_digests: [&layer.digest],
            component: is_component.then(|| {
                let (imports, exports) = bytes::names(&layer.bytes);
                Component { exports, imports }
            }),
        };
        let config = Blob::new(CONFIG, serde_json::to_vec(&config)?);
        Ok(Self { config, layer })
    }

    pub fn manifest(&self) -> anyhow::Result<Blob> {
        let manifest = OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.into()),
            config: self.config.descriptor(),
            layers: vec![self.layer.descriptor()],
            ..OciImageManifest::default()
        };
        Ok(Blob::new(OCI_IMAGE_MEDIA_TYPE, serde_json::to_vec(&manifest)?))
    }
}

impl Blob {
    fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { media_type, digest: format!("sha256:{:x}", Sha256::digest(&bytes)), bytes }
    }

    fn descriptor(&self) -> OciDescriptor {
        OciDescriptor {
            media_type: self.media_type.into(),
            digest: self.digest.clone(),
            // A file of ours is far smaller.
            size: i64::try_from(self.bytes.len()).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        }
    }
}

/// The one layer that is wasm, and its size.
pub fn layer(manifest: OciImageManifest) -> anyhow::Result<(OciDescriptor, u64)> {
    let known = |layer: &OciDescriptor| [WASM, OLD_WASM].contains(&&*layer.media_type);
    let (mut wasm, others): (Vec<_>, Vec<_>) = manifest.layers.into_iter().partition(known);
    let (Some(layer), true) = (wasm.pop(), wasm.is_empty()) else {
        let other = others.first().map_or("nothing", |layer| &layer.media_type);
        let other = crate::inspect::plain(&other.chars().take(100).collect::<String>());
        bail!("it is not one component: {} layers are `{WASM}`, besides `{other}`", wasm.len());
    };
    let most = crate::MAX_FILE << 20;
    match u64::try_from(layer.size) {
        Ok(size) if size <= most => Ok((layer, size)),
        Ok(_) => bail!("it is larger than {} MiB", crate::MAX_FILE),
        Err(_) => bail!("its manifest is damaged: the size is negative"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(types: &[(&str, i64)]) -> OciImageManifest {
        let layers = types.iter().map(|(media_type, size)| OciDescriptor {
            media_type: (*media_type).into(),
            size: *size,
            ..OciDescriptor::default()
        });
        OciImageManifest { layers: layers.collect(), ..OciImageManifest::default() }
    }

    #[test]
    fn one_layer_is_wasm_and_of_a_size_that_is_read() {
        assert!(layer(of(&[(WASM, 8)])).is_ok_and(|(_, size)| size == 8));
        assert!(layer(of(&[("text/plain", 1), (OLD_WASM, 256 << 20)])).is_ok());
        let bad = [&[][..], &[(WASM, 1), (WASM, 1)], &[("text/plain", 1)], &[(WASM, -1)], &[(WASM, (256 << 20) + 1)]];
        for types in bad {
            assert!(layer(of(types)).is_err(), "{types:?}");
        }
    }

    #[test]
    fn the_same_file_has_the_same_digest() {
        let module = b"\0asm\x01\0\0\0".to_vec();
        let digest = |made| {
            let artifact = Artifact::of(module.clone(), made).expect("a module");
            artifact.manifest().expect("a manifest").digest
        };
        assert_eq!(digest(SystemTime::UNIX_EPOCH), digest(SystemTime::UNIX_EPOCH));
        assert!(Artifact::of(b"text".to_vec(), SystemTime::UNIX_EPOCH).is_err());
    }
}
