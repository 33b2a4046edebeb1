//! `--altitude` and `--lang`: where the cases run.

use crate::{host::Altitude, language::Language, subject::altitudes};
use anyhow::bail;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;

#[derive(Debug, Args)]
pub(super) struct Places {
    /// How much of the host takes part: `direct` is the backend and the core, `embedded` adds guests.
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
    All,
}

impl Altitudes {
    fn have(self, altitude: Altitude) -> bool {
        match self {
            Self::Direct => altitude == Altitude::Direct,
            Self::Embedded => altitude != Altitude::Direct,
            Self::All => true,
        }
    }
}

impl Places {
    /// The altitudes that were asked for, and whether these are all that there are.
    ///
    /// # Errors
    /// Languages of guests where no guest takes part.
    pub fn picked(&self) -> anyhow::Result<(Vec<Altitude>, bool)> {
        self.picked_of(&altitudes()?)
    }

    fn picked_of(&self, all: &[Altitude]) -> anyhow::Result<(Vec<Altitude>, bool)> {
        if self.altitude == Altitudes::Direct && !self.lang.is_empty() {
            bail!("no guest takes part at `--altitude direct`: leave out either that or `--lang`");
        }
        let known = all.iter().copied().filter(|altitude| *altitude == Altitude::Direct || self.lang.is_empty());
        let named = self.lang.iter().copied().map(Altitude::Embedded);
        let picked: BTreeSet<_> = known.chain(named).filter(|altitude| self.altitude.have(*altitude)).collect();
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
            |altitude, lang: &[Language]| Places { altitude, lang: lang.into() }.picked_of(&all).expect("valid flags");
        assert_eq!(of(Altitudes::All, &[]), (all.to_vec(), true));
        assert_eq!(of(Altitudes::All, &[C, Rust, C]), (all.to_vec(), true));
        assert_eq!(of(Altitudes::All, &[C]), (vec![Direct, Embedded(C)], false));
        assert_eq!(of(Altitudes::Direct, &[]), (vec![Direct], false));
        assert_eq!(of(Altitudes::Embedded, &[]), (vec![Embedded(Rust), Embedded(C)], false));
        assert_eq!(of(Altitudes::Embedded, &[Rust]), (vec![Embedded(Rust)], false));
    }
}
