//! Adds its argument, or 1, to a counter, and prints the sum.

use std::{env, process::ExitCode};
use wasi_cloud_sdk::{Result, keyvalue::Bucket};

fn main() -> ExitCode {
    let Ok(amount) = env::args().nth(1).map_or(Ok(1), |text| text.parse()) else {
        eprintln!("{{name}}: give a number to add, such as 5");
        return ExitCode::FAILURE;
    };
    match add(amount) {
        Ok(sum) => {
            println!("{sum}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{{name}}: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Nothing is lost, however many programs add at once.
fn add(amount: i64) -> Result<i64> {
    Bucket::open("default")?.increment("count", amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_sdk::testing::Cloud;

    #[test]
    fn what_is_added_stays() -> Result<()> {
        let _cloud = Cloud::new();
        assert_eq!(add(5)?, 5);
        assert_eq!(add(-2)?, 3);
        Ok(())
    }
}
