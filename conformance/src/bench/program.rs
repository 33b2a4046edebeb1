use super::Bench;
use crate::{
    host::Serving,
    outcome::{Outcome, Stop, mismatch},
    session::Broken,
    transcript::Transcript,
};
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

impl Running {
    pub(super) fn new(serving: Box<dyn Serving>, bench: &Bench) -> Self {
        Self { serving, transcript: bench.transcript.clone(), deadline: bench.deadlines.op }
    }

    /// The recorder's next delivery; a delivery that does not come in time is a failure of the host.
    pub async fn next(&mut self) -> Outcome<Observed> {
        match tokio::time::timeout(self.deadline, self.serving.line()).await {
            Ok(line) => self.observed(&line?),
            Err(_) => mismatch("the recorder", "a delivery", &format!("none within {:?}", self.deadline)),
        }
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

    fn observed(&self, line: &str) -> Outcome<Observed> {
        self.transcript.push("recorder", "deliver", line);
        serde_json::from_str(line)
            .map_err(|e| Stop::Broken(Broken::Protocol(format!("the recorder printed what is no observation: {e}"))))
    }

    /// Ends the program.
    pub async fn stop(self) -> Outcome {
        tokio::time::timeout(self.deadline, self.serving.stop()).await.map_err(|_| Broken::Hung(self.deadline))??;
        Ok(())
    }
}
