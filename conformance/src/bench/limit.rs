//! Why a case is skipped that goes to a declared limit. For no other reason is a case skipped once it runs: the bench skips by these,
//! and whoever recounts a certificate holds its skips against them.

use super::CARRIED;
use crate::{
    catalogue::{Case, Need},
    host::Declared,
};

/// There is nothing to go to.
pub(super) fn undeclared(name: &str) -> String {
    format!("the host declares no `{name}`")
}

/// Nothing beyond it can be sent, as far as it goes to `limit`.
pub(super) fn out_of_reach(name: &str, limit: u64) -> Option<String> {
    (limit > CARRIED as u64).then(|| format!("`{name}` is {limit}: more than a driver guest can be sent"))
}

/// What the case sends is no longer than `limit`, or this is why not.
pub(super) fn exceeded(name: &str, limit: u64, size: u64) -> Option<String> {
    (size > limit).then(|| format!("`{name}` is {limit}: less than {size}"))
}

/// Whether the case may be skipped so while it runs on a host that declares this.
pub(crate) fn may_skip(case: &Case, declared: &Declared, why: &str) -> bool {
    let is_why = |reason: Option<String>| reason.is_some_and(|reason| reason == why);
    case.needs.iter().any(|need| match need {
        Need::Limit(name) => match declared.limits.get(*name) {
            None => undeclared(name) == why,
            Some(&limit) => {
                // The size is on an axis: one that is a case by itself goes to the limit, whatever that is.
                let size = why.rsplit(' ').next().filter(|_| !case.axes.is_empty());
                let size = size.and_then(|size| size.parse().ok()).unwrap_or(0);
                is_why(out_of_reach(name, limit)) || is_why(exceeded(name, limit, size))
            }
        },
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::Bench,
        catalogue::{Axis, cases},
        outcome::Outcome,
    };

    const SIZES: Axis<u64> = &[("ten", 10)];

    async fn goes_there(_: &mut Bench, _: u64) -> Outcome {
        Ok(())
    }

    async fn goes_to_the_limit(_: &mut Bench) -> Outcome {
        Ok(())
    }

    const CASES: &[Case] = cases! { "keyvalue/store";
        goes_there(SIZES) ["KV-STORE-S07"] [Need::Limit("max-value-size")];
        goes_there(SIZES) ["KV-STORE-S07"] [Need::Feature("max-value-size")];
    };

    const ALONE: &[Case] = cases! { "keyvalue/store";
        goes_to_the_limit ["KV-STORE-S07"] [Need::Limit("max-value-size")];
    };

    /// Else whoever flips a verdict would find a size that is too large for any limit.
    #[test]
    fn a_case_by_itself_has_no_size_that_could_be_too_large() {
        let declared = Declared { limits: [("max-value-size".to_owned(), 9)].into(), ..Declared::default() };
        let why = exceeded("max-value-size", 9, 10).expect("a reason");
        assert_eq!([CASES[0], ALONE[0]].map(|case| may_skip(&case, &declared, &why)), [true, false]);
    }

    #[test]
    fn a_skip_follows_from_the_limit_that_the_host_declares() {
        let skips = |limit: Option<u64>, why: &str| {
            let limits = limit.map(|limit| ("max-value-size".to_owned(), limit)).into_iter().collect();
            let declared = Declared { limits, ..Declared::default() };
            CASES.iter().map(|case| may_skip(case, &declared, why)).collect::<Vec<_>>()
        };
        let (none, beyond) =
            (undeclared("max-value-size"), out_of_reach("max-value-size", u64::MAX).expect("a reason"));
        let small = exceeded("max-value-size", 9, 10).expect("a reason");
        for (limit, why) in [(None, &none), (Some(u64::MAX), &beyond), (Some(9), &small)] {
            assert_eq!(skips(limit, why), [true, false], "{why}");
        }
        for (limit, why) in [
            (Some(9), &*none),
            (None, &beyond),
            (Some(9), &beyond),
            (Some(10), &small),
            (Some(9), "`max-value-size` is 9: less than 9"),
            (Some(9), "`max-value-size` is 9: less than "),
            (None, "the host declares no `max-key-size`"),
            (None, "late"),
            (None, ""),
        ] {
            assert_eq!(skips(limit, why), [false, false], "{limit:?}: {why}");
        }
    }
}
