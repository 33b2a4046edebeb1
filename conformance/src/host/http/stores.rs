//! The stores that all cases have in common: each case finds them empty, and what it leaves is deleted.

use super::exchange::Exchange;
use crate::{
    session::{Broken, Session},
    wire::keyvalue::{Op, Seen},
};
use std::time::{Duration, Instant};

/// How many keys are deleted by one operation.
const AT_ONCE: usize = 100;
/// How long what is deleted may go on being listed.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often that is looked at.
const POLL: Duration = Duration::from_millis(20);
const SLOT: u32 = 0;

/// Makes sure that there is nothing: what is not the suite's is neither read nor deleted.
pub(super) async fn empty(mut guest: Exchange, stores: &[String]) -> Result<(), Broken> {
    for store in stores {
        let keys = keys(&mut guest, store).await?.len();
        if keys > 0 {
            return Err(Broken::Setup(format!(
                "there are {keys} keys in the store `{store}` before the case has begun: the suite needs stores that are empty and that \
                 nobody else uses"
            )));
        }
    }
    Ok(())
}

/// Deletes what there is.
pub(super) async fn clean(mut guest: Exchange, stores: &[String]) -> Result<(), Broken> {
    for store in stores {
        let began = Instant::now();
        loop {
            let left = keys(&mut guest, store).await?;
            if left.is_empty() {
                break;
            }
            if began.elapsed() > PATIENCE {
                return Err(Broken::Setup(format!("{} keys are left in the store `{store}`", left.len())));
            }
            for keys in left.chunks(AT_ONCE) {
                ask(&mut guest, store, &Op::DeleteMany((SLOT, keys.to_vec()))).await?;
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

async fn keys(guest: &mut Exchange, store: &str) -> Result<Vec<String>, Broken> {
    ask(guest, store, &Op::Open((SLOT, store.to_owned()))).await?;
    match ask(guest, store, &Op::AllKeys(SLOT)).await? {
        Seen::Keys(keys) => Ok(keys),
        other => Err(Broken::Protocol(format!("a listing was answered with {other:?}"))),
    }
}

async fn ask(guest: &mut Exchange, store: &str, op: &Op) -> Result<Seen, Broken> {
    let protocol = |why: serde_json::Error| Broken::Protocol(why.to_string());
    let seen = guest.exec(&serde_json::to_string(op).map_err(protocol)?).await?;
    match serde_json::from_str(&seen).map_err(protocol)? {
        Seen::Failed(why) => Err(Broken::Setup(format!("the store `{store}`, between cases: {}", why.message))),
        seen => Ok(seen),
    }
}
