//! `--altitude` and `--lang`: where the cases run.

use crate::{host::Altitude, language::Language};
use anyhow::bail;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(super) struct Places {
    /// How much of the host takes part: `direct` is the backend and the core, `embedded` adds guests; a host of somebody
    /// else has `command` alone.
    #[arg(long, value_name = "ALTITUDE", default_value = "all")]
    altitude: Altitudes,
    /// Only guests of these languages [default: all of which this build has guests]. What fails in one language alone is
    /// a bug of that language's SDK.
    #[arg(long, value_name = "LANG", value_delimiter = ',')]
    lang: Vec<Language>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Altitudes {
    Direct,
    Embedded,
    /// Guests in a host that is a program of somebody else.
    Command,
    All,
}

impl Altitudes {
    fn have(self, altitude: Altitude) -> bool {
        match self {
            Self::Direct => altitude == Altitude::Direct,
            Self::Embedded => matches!(altitude, Altitude::Embedded(_)),
            Self::Command => matches!(altitude, Altitude::Command(_)),
            Self::All => true,
        }
    }
}

impl Places {
    /// The altitudes that were asked for, of those that the host has, and whether these are all.
    ///
    /// # Errors
    /// Languages of guests where no guest takes part, and an altitude that the host does not have.
    pub fn picked(&self, all: &[Altitude]) -> anyhow::Result<(Vec<Altitude>, bool)> {
        if self.altitude == Altitudes::Direct && !self.lang.is_empty() {
            bail!("no guest takes part at `--altitude direct`: leave out either that or `--lang`");
        }
        let known = all.iter().copied().filter(|altitude| *altitude == Altitude::Direct || self.lang.is_empty());
        let is_command = all.iter().any(|altitude| matches!(altitude, Altitude::Command(_)));
        let within = if is_command { Altitude::Command } else { Altitude::Embedded };
        let named = self.lang.iter().copied().map(within);
        let picked: BTreeSet<_> = known.chain(named).filter(|altitude| self.altitude.have(*altitude)).collect();
        if picked.is_empty() {
            let word = if is_command { "command" } else { "direct or embedded" };
            bail!("the host is tested at {word}: leave out `--altitude`");
        }
        let everywhere = all.iter().all(|altitude| picked.contains(altitude));
        Ok((picked.into_iter().collect(), everywhere))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Altitude::{Direct, Embedded};
    use Language::{C, Rust};

    #[test]
    fn less_than_all_altitudes_is_not_everywhere() {
        let all = [Direct, Embedded(Rust), Embedded(C)];
        let of =
            |altitude, lang: &[Language]| Places { altitude, lang: lang.into() }.picked(&all).expect("valid flags");
        assert_eq!(of(Altitudes::All, &[]), (all.to_vec(), true));
        assert_eq!(of(Altitudes::All, &[C, Rust, C]), (all.to_vec(), true));
        assert_eq!(of(Altitudes::All, &[C]), (vec![Direct, Embedded(C)], false));
        assert_eq!(of(Altitudes::Direct, &[]), (vec![Direct], false));
        assert_eq!(of(Altitudes::Embedded, &[]), (vec![Embedded(Rust), Embedded(C)], false));
        assert_eq!(of(Altitudes::Embedded, &[Rust]), (vec![Embedded(Rust)], false));
    }
}
