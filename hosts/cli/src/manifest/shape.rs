//! What a manifest is as TOML, before anything of it is understood. Its words are those of the flags of `run`.

use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};
use toml::Spanned;

pub type Text = Spanned<String>;
/// TOML's own integers; what fits is checked where the place is known.
pub type Number = Spanned<i64>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shape {
    #[serde(default)]
    pub components: BTreeMap<Text, Part>,
    pub admin: Option<Admin>,
    #[serde(default)]
    pub secrets: BTreeMap<Text, Spanned<Secret>>,
    pub vault: Option<Vault>,
    #[serde(default)]
    pub trust: Trust,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trust {
    #[serde(default)]
    pub keys: Vec<Text>,
    pub require: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Admin {
    pub listen: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Secret {
    pub env: Option<String>,
    pub file: Option<PathBuf>,
    pub vault: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vault {
    pub url: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Part {
    pub file: Text,
    #[serde(default)]
    pub links: Vec<Text>,
    #[serde(default)]
    pub grants: Vec<Text>,
    #[serde(default)]
    pub subscriptions: Vec<Spanned<Subscription>>,
    #[serde(default)]
    pub watches: Vec<Text>,
    pub http: Option<Text>,
    pub config: Option<Spanned<BTreeMap<String, String>>>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub dirs: Vec<Text>,
    #[serde(default)]
    pub dirs_ro: Vec<Text>,
    #[serde(default)]
    pub args: Vec<String>,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub layers: Layers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Subscription {
    pub link: Option<String>,
    #[serde(default)]
    pub topics: Vec<String>,
    pub group: Option<String>,
    pub max_deliveries: Option<Number>,
    pub dead_letter: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    pub memory: Option<Number>,
    pub deadline: Option<Text>,
    pub timeout: Option<Text>,
    pub request_timeout: Option<Text>,
    pub concurrency: Option<Number>,
    pub reuse: Option<Number>,
    pub handles: Option<Number>,
    pub message_size: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layers {
    pub limit: Option<Number>,
    pub retry: Option<Retry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retry {
    pub times: Number,
    pub pause: Option<Text>,
}
