use super::Bench;
use crate::{
    host::Serving,
    outcome::{Outcome, Stop, expect_eq, mismatch},
    session::Broken,
    transcript::Transcript,
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A program at work.
pub struct Running {
    serving: Box<dyn Serving>,
    transcript: Transcript,
    deadline: Duration,
}

/// One delivery, as the recorder prints it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Observed {
    /// `message.topic()`.
    pub topic: Option<String>,
    /// `message.data()`.
    pub data: Vec<u8>,
    /// `message.content-type()`.
    pub content_type: Option<String>,
    /// `message.metadata()`, sorted and without the script.
    pub metadata: Vec<(String, String)>,
}

/// One change, as the watcher prints it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Told {
    /// `on-set`.
    Set {
        /// The key.
        key: String,
        /// The value that it was called with.
        value: Vec<u8>,
    },
    /// `on-delete`.
    Delete {
        /// The key.
        key: String,
    },
}

impl Told {
    /// That this key was given this value.
    #[must_use]
    pub fn set(key: &str, value: impl AsRef<[u8]>) -> Self {
        Self::Set { key: key.to_owned(), value: value.as_ref().to_vec() }
    }

    /// That this key was removed.
    #[must_use]
    pub fn delete(key: &str) -> Self {
        Self::Delete { key: key.to_owned() }
    }
}

const QUIET: Duration = Duration::from_millis(250);

impl Running {
    pub(super) fn new(serving: Box<dyn Serving>, bench: &Bench) -> Self {
        Self { serving, transcript: bench.transcript.clone(), deadline: bench.deadlines.op }
    }

    /// The recorder's next delivery; a delivery that does not come in time is a failure of the host.
    pub async fn next(&mut self) -> Outcome<Observed> {
        self.line("the recorder", "deliver", "a delivery").await
    }

    /// The watcher's next change; one that is not told in time is a failure of the host.
    pub async fn told(&mut self) -> Outcome<Told> {
        self.line("the watcher", "told", "a change").await
    }

    /// The same, of which hosts may tell more or less: it is not in the transcript, which hosts must have equal.
    pub async fn told_aside(&mut self) -> Outcome<Told> {
        self.read("the watcher", "a change").await.map(|(_, told)| told)
    }

    /// Fails if anything but these is told, in this order.
    pub async fn expect_told(&mut self, changes: &[Told]) -> Outcome {
        for change in changes {
            expect_eq("a change", self.told().await?, change.clone())?;
        }
        Ok(())
    }

    /// The watcher's next changes, sorted: those of different keys have no order.
    pub async fn told_many(&mut self, count: usize) -> Outcome<Vec<Told>> {
        self.transcript.begin_group();
        let mut told = Vec::with_capacity(count);
        for _ in 0..count {
            told.push(self.told().await?);
        }
        self.transcript.end_group();
        told.sort();
        Ok(told)
    }

    async fn line<T: DeserializeOwned>(&mut self, who: &str, op: &str, what: &str) -> Outcome<T> {
        let (line, seen) = self.read(who, what).await?;
        self.transcript.push(who.trim_start_matches("the "), op, &line);
        Ok(seen)
    }

    async fn read<T: DeserializeOwned>(&mut self, who: &str, what: &str) -> Outcome<(String, T)> {
        let Ok(line) = tokio::time::timeout(self.deadline, self.serving.line()).await else {
            return mismatch(who, what, &format!("none within {:?}", self.deadline));
        };
        let line = line?;
        let seen = serde_json::from_str(&line)
            .map_err(|e| Stop::Broken(Broken::Protocol(format!("{who} printed what is no observation: {e}"))))?;
        Ok((line, seen))
    }

    /// The data of the recorder's next deliveries, sorted: nobody promises an order.
    pub async fn next_many(&mut self, count: usize) -> Outcome<Vec<String>> {
        self.transcript.begin_group();
        let mut data = Vec::with_capacity(count);
        for _ in 0..count {
            data.push(String::from_utf8_lossy(&self.next().await?.data).into_owned());
        }
        self.transcript.end_group();
        data.sort();
        Ok(data)
    }

    /// Fails if something was delivered before `marker`, a message that the case sent last.
    pub async fn expect_only(&mut self, marker: &[u8]) -> Outcome {
        let observed = self.next().await?;
        if observed.data == marker {
            return Ok(());
        }
        mismatch("the recorder", &format!("only {:?}", String::from_utf8_lossy(marker)), &format!("{observed:?}"))
    }

    /// Fails if something is delivered within a quarter of a second: for what no marker can be sure to follow.
    pub async fn expect_quiet(&mut self) -> Outcome {
        match tokio::time::timeout(QUIET, self.serving.line()).await {
            Ok(line) => mismatch("the recorder", "no more deliveries", &line?),
            Err(_) => Ok(()),
        }
    }

    /// Ends the program.
    pub async fn stop(self) -> Outcome {
        tokio::time::timeout(self.deadline, self.serving.stop()).await.map_err(|_| Broken::Hung(self.deadline))??;
        Ok(())
    }
}
