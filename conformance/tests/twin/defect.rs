//! Twins with one defect each, which their certificate must not survive. None of it is in what ships.

use crate::drivers::Step;
use cloud_conformance::host::Driver;
use serde_json::{Value, json};

/// What is wrong with a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// An error of the standard package has a finer kind than a guest could see.
    FinerErrors,
    /// A write that failed says that nothing happened, though it cannot know.
    AlwaysDefinite,
    /// An empty value is dropped: the key is absent.
    EmptyIsAbsent,
    /// The last key of each page is missing.
    PagesLoseTheirLastKey,
    /// What was not granted opens.
    DeniedLabelOpens,
    /// A revocation does not reach open handles, nor new ones.
    RevokedHandleWorks,
    /// Time does not move.
    TimeStandsStill,
}

impl Defect {
    /// Each, and the clause that it breaks.
    pub const ALL: [(Self, &str); 7] = [
        (Self::FinerErrors, "KV-STORE-22"),
        (Self::AlwaysDefinite, "KVX-62"),
        (Self::EmptyIsAbsent, "KV-STORE-S06"),
        (Self::PagesLoseTheirLastKey, "KV-STORE-12"),
        (Self::DeniedLabelOpens, "KV-STORE-03"),
        (Self::RevokedHandleWorks, "KV-STORE-03"),
        (Self::TimeStandsStill, "KVX-31"),
    ];

    /// The grants of a deployment.
    pub fn granted(this: Option<Self>, rules: &[String]) -> Vec<String> {
        let all = matches!(this, Some(Self::DeniedLabelOpens)).then(|| "keyvalue:*".to_owned());
        rules.iter().cloned().chain(all).collect()
    }

    /// A driver of key-value, with the defect between it and the suite.
    pub fn within(this: Option<Self>, driver: Driver, mut honest: Step) -> Step {
        let Some(defect) = this.filter(|_| matches!(driver, Driver::Keyvalue | Driver::KeyvalueExt)) else {
            return honest;
        };
        Box::new(move |line| {
            let op = defect.told(serde_json::from_str(line).expect("an operation"));
            let seen = honest(&op.to_string())?;
            Ok(defect.shown(serde_json::from_str(&seen).expect("an observation")).to_string())
        })
    }

    fn told(self, op: Value) -> Value {
        match (self, op["Set"].as_array().map(Vec::as_slice)) {
            (Self::EmptyIsAbsent, Some([slot, key, value])) if *value == json!([]) => json!({ "Delete": [slot, key] }),
            _ => op,
        }
    }

    fn shown(self, mut seen: Value) -> Value {
        match self {
            Self::FinerErrors if seen["Failed"]["kind"] == "Other" => {
                let text = seen["Failed"]["message"].as_str().unwrap_or_default();
                let fine = [("unavailable", "Unavailable"), ("quota", "Quota"), ("timeout", "Timeout")];
                if let Some((_, kind)) = fine.iter().find(|(name, _)| text.starts_with(name)) {
                    seen["Failed"]["kind"] = json!(kind);
                }
            }
            Self::AlwaysDefinite if seen["Failed"].is_object() => seen["Failed"]["applied"] = json!("No"),
            Self::PagesLoseTheirLastKey => {
                if let Some(keys) = seen.pointer_mut("/Page/keys").and_then(Value::as_array_mut) {
                    keys.pop();
                }
            }
            _ => {}
        }
        seen
    }
}
