//! Hosts that grant messaging wrongly, tell its failures wrongly, or say of it what is not so.

use super::{Defect, defect::Defective};
use crate::{
    host::{Declared, stage::Tamper},
    mutants::Row,
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};
use wasi_cloud_core::{
    Call, Description, Kind, Layer, Result,
    describe::{feature, limit::MAX_VALUE_SIZE},
    layer::Next,
    messaging::Messaging,
};

const TOLD: &[&str] = &["MSG-TYPES-13"];

pub(in crate::mutants) fn rows() -> Vec<Row> {
    let row = |name, clauses, bug, tamper| Row { name, bug, clauses, tamper };
    let rules = |name, bug, change| row(name, TOLD, bug, Arc::new(Rules(change)) as Arc<dyn Tamper>);
    let takes = |name, bug, from, to| row(name, TOLD, bug, Arc::new(Takes(from, to)) as Arc<dyn Tamper>);
    let says = |name, clauses, bug, says, is| row(name, clauses, bug, Arc::new(Lie { says, is }) as Arc<dyn Tamper>);
    vec![
        rules("messaging-is-granted", "Every broker is granted.", |rules| {
            rules.iter().cloned().chain(["messaging:*".to_owned()]).collect()
        }),
        rules("messaging-read-grant-sends", "A grant to receive is a grant to send.", |rules| {
            rules.iter().map(|rule| rule.trim_end_matches(":read").to_owned()).collect()
        }),
        rules("messaging-grant-is-a-prefix", "A grant reaches every broker whose label begins so.", |rules| {
            rules
                .iter()
                .map(|rule| if rule == "messaging:default" { format!("{rule}*") } else { rule.clone() })
                .collect()
        }),
        takes(
            "messaging-timeout-is-unavailable",
            "A broker that does not answer is away.",
            Kind::Timeout,
            Kind::Unavailable,
        ),
        takes("messaging-unavailable-is-other", "A broker that is away is `other`.", Kind::Unavailable, Kind::Other),
        takes("messaging-unavailable-is-timeout", "A broker that is away is late.", Kind::Unavailable, Kind::Timeout),
        takes(
            "messaging-other-is-unavailable",
            "Whatever is not known is `connection`.",
            Kind::Other,
            Kind::Unavailable,
        ),
        takes(
            "messaging-not-found-is-denied",
            "A broker that is gone was never granted.",
            Kind::NotFound,
            Kind::AccessDenied,
        ),
        says(
            "says-larger-messages",
            &["MSG-M08"],
            "Messages are declared larger than they may be.",
            |says| {
                says.limits.insert(MAX_VALUE_SIZE.into(), 1 << 20);
            },
            |is| {
                is.limits.insert(MAX_VALUE_SIZE, 1 << 19);
            },
        ),
        says(
            "says-smaller-messages",
            &["MSG-M08"],
            "Messages may be larger than declared.",
            |says| {
                says.limits.insert(MAX_VALUE_SIZE.into(), 1 << 19);
            },
            |_| (),
        ),
        says(
            "hides-requests",
            TOLD,
            "Requests work and are not declared.",
            |says| {
                says.features.remove(feature::REQUEST_REPLY);
            },
            |_| (),
        ),
    ]
}

/// Changes the rules of a deployment.
struct Rules(fn(Vec<String>) -> Vec<String>);
impl Tamper for Rules {
    fn grants(&self, honest: Vec<String>) -> Vec<String> {
        (self.0)(honest)
    }
}

/// Takes one kind of failure for another.
#[derive(Debug, Clone, Copy)]
struct Takes(Kind, Kind);

impl Tamper for Takes {
    /// Inside the trace, which shows what guests are told.
    fn layers(&self, mut honest: Vec<Arc<dyn Layer>>) -> Vec<Arc<dyn Layer>> {
        honest.insert(1, Arc::new(*self));
        honest
    }
}

#[async_trait]
impl Layer for Takes {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        next.run(call).await.map_err(|mut error| {
            if error.kind == self.0 {
                error.kind = self.1;
            }
            error
        })
    }
}

/// Messaging that is not what the host says.
struct Lie {
    /// What the host says.
    says: fn(&mut Declared),
    /// What its broker is, and the core keeps it to.
    is: fn(&mut Description),
}

impl Tamper for Lie {
    fn describes(&self, mut honest: BTreeMap<String, Declared>) -> BTreeMap<String, Declared> {
        honest.entry("messaging".to_owned()).and_modify(self.says);
        honest
    }

    fn messaging(&self, honest: Arc<dyn Messaging>) -> Arc<dyn Messaging> {
        let mut description = honest.describe().clone();
        (self.is)(&mut description);
        Arc::new(Defective::new(honest, Is(description)))
    }
}

struct Is(Description);

impl Defect for Is {
    fn offers(&self, _: &Description) -> Description {
        self.0.clone()
    }
}
