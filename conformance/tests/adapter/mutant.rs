//! A small adapter with one defect, or none. Its guests are no components: each is a store that knows four operations, which is what
//! `adapter-check` asks of one. The test program is it when it is started with `--as-mutant NAME`.

use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, Read, Write},
};

/// The defects, and the check that finds each.
pub const DEFECTS: &[(&str, &str)] = &[
    ("speaks-another-version", "hello"),
    ("has-no-version", "hello"),
    ("takes-none-at-once", "hello"),
    ("prints-a-greeting", "hello"),
    ("drops-backslashes", "guest"),
    ("parses-lines", "guest"),
    ("cuts-long-lines", "long-line"),
    ("has-one-guest", "guests"),
    ("has-one-store", "deployments"),
    ("has-small-ids", "ids"),
    ("answers-twice", "ids"),
    ("drops-the-third", "at-once"),
    ("reads-parts", "slow-line"),
    ("refuses-fields", "unknown-fields"),
    ("does-anything", "unknown-request"),
    ("dies-of-the-unknown", "unknown-request"),
    ("grants-undeclared", "undeclared"),
    ("dies-of-garbage", "malformed"),
    ("answers-garbage", "malformed"),
    ("waits-for-the-dead", "guest-that-ends"),
    ("dies-with-a-guest", "guest-that-ends"),
    ("starts-anything", "no-component"),
    ("ends-nobody", "ended-guest"),
    ("ends-once", "ended-guest"),
    ("keeps-guests", "restart"),
    ("cleans-nothing", "clean"),
    ("cleans-once", "clean"),
    ("goes-without-goodbye", "bye"),
    ("stays-after-goodbye", "bye"),
    ("stays-without-input", "end-of-input"),
    ("takes-half-lines", "truncated"),
];

struct Guest {
    deployment: String,
    is_open: bool,
    has_ended: bool,
}

struct Mutant {
    defect: String,
    guests: BTreeMap<u64, Guest>,
    deployments: BTreeSet<String>,
    store: BTreeMap<(String, String), Value>,
    executed: u32,
    /// What it answers when nobody waits any more.
    unanswered: Option<u64>,
}

/// Answers until it is told to end, or its input ends.
pub fn serve(defect: &str) {
    let mut mutant = Mutant {
        defect: defect.to_owned(),
        guests: BTreeMap::new(),
        deployments: BTreeSet::new(),
        store: BTreeMap::new(),
        executed: 0,
        unanswered: None,
    };
    if mutant.has("prints-a-greeting") {
        print("ready");
    }
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        if mutant.has("reads-parts") {
            line.resize(1 << 20, 0);
            let read = input.read(&mut line).expect("input");
            line.truncate(read);
        } else {
            input.read_until(b'\n', &mut line).expect("input");
        }
        if line.is_empty() || !(line.ends_with(b"\n") || mutant.has("takes-half-lines") || mutant.has("reads-parts")) {
            break;
        }
        if !mutant.take(&line) {
            return;
        }
    }
    if mutant.has("stays-without-input") {
        stay();
    }
}

fn stay() {
    loop {
        std::thread::park();
    }
}

fn failed(kind: &str) -> Value {
    json!({ "error": { "kind": kind, "message": "a mutant's" } })
}

fn say(id: u64, said: &Value) {
    let mut answer = said.as_object().cloned().unwrap_or_default();
    answer.insert("id".to_owned(), id.into());
    print(&Value::Object(answer).to_string());
}

/// Where nobody listens any more there is nobody to tell.
fn print(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

impl Mutant {
    fn has(&self, defect: &str) -> bool {
        self.defect == defect
    }

    /// Whether it goes on.
    fn take(&mut self, line: &[u8]) -> bool {
        let request: Map<String, Value> = match serde_json::from_slice(line) {
            Ok(Value::Object(request)) if request.contains_key("id") && request.contains_key("call") => request,
            _ if self.has("dies-of-garbage") => return false,
            _ if self.has("answers-garbage") => {
                say(0, &failed("setup"));
                return true;
            }
            _ => return true,
        };
        let id = request["id"].as_u64().expect("an id");
        let call = request["call"].as_str().expect("a call").to_owned();
        let id = if self.has("has-small-ids") { id & 0xffff_ffff } else { id };
        if call == "bye" {
            if !self.has("goes-without-goodbye") {
                say(id, &json!({ "ok": {} }));
            }
            if self.has("stays-after-goodbye") {
                stay();
            }
            return false;
        }
        let Some(said) = self.answer(&call, &request) else {
            self.unanswered = Some(id);
            return !self.has("dies-with-a-guest");
        };
        if call == "clean"
            && let Some(late) = self.unanswered.take()
        {
            say(late, &json!({ "ok": { "line": "{\"Value\":[0]}" } }));
        }
        if self.has("dies-of-the-unknown") && said["error"]["kind"] == "unsupported" {
            return false;
        }
        say(id, &said);
        if self.has("answers-twice") {
            say(id, &said);
        }
        true
    }

    /// `None` is no answer.
    fn answer(&mut self, call: &str, request: &Map<String, Value>) -> Option<Value> {
        let text = |key: &str| request.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = request.get("guest").and_then(Value::as_u64).unwrap_or_default();
        let guest = if self.has("has-one-guest") { 1 } else { name };
        let done = Some(json!({ "ok": {} }));
        if self.has("refuses-fields") && request.contains_key("later") {
            return Some(failed("setup"));
        }
        match call {
            "hello" => Some(self.hello()),
            "deploy" => {
                self.deployments.insert(text("deployment"));
                done
            }
            "start" if text("component") == "/" && !self.has("starts-anything") => Some(failed("setup")),
            "start" => {
                let (deployment, is_open, has_ended) = (text("deployment"), false, false);
                self.guests.insert(guest, Guest { deployment, is_open, has_ended });
                done
            }
            "exec" => self.exec(guest, &text("line")),
            "end" if self.has("ends-nobody") => done,
            "end" => match self.guests.remove(&guest) {
                None if self.has("ends-once") => Some(failed("setup")),
                _ => done,
            },
            "clean" if self.has("cleans-nothing") => done,
            "clean" | "restart" => {
                let deployment = text("deployment");
                if !(call == "restart" && self.has("keeps-guests")) {
                    self.guests.retain(|_, guest| guest.deployment != deployment);
                }
                let is_unknown = call == "clean" && !self.deployments.remove(&deployment);
                if is_unknown && self.has("cleans-once") { Some(failed("setup")) } else { done }
            }
            "grant" if self.has("grants-undeclared") => done,
            _ if self.has("does-anything") && call.starts_with("of-a-later") => done,
            _ => Some(failed("unsupported")),
        }
    }

    fn hello(&self) -> Value {
        let mut hello =
            json!({ "protocol": 1, "name": "mutant", "version": "1", "controls": ["restart", "time-travel"] });
        match &*self.defect {
            "speaks-another-version" => hello["protocol"] = 2.into(),
            "has-no-version" => hello["version"] = " ".into(),
            "takes-none-at-once" => hello["at-once"] = 0.into(),
            _ => {}
        }
        json!({ "ok": hello })
    }

    fn exec(&mut self, name: u64, line: &str) -> Option<Value> {
        self.executed += 1;
        if self.has("drops-the-third") && self.executed == 3 && name == 3 {
            return None;
        }
        let line = if self.has("drops-backslashes") { line.replace("\\\\", "") } else { line.to_owned() };
        let line = if self.has("parses-lines") { line.replace("\\n", " ") } else { line };
        let one = self.has("has-one-store");
        let Some(guest) = self.guests.get_mut(&name).filter(|guest| !guest.has_ended) else {
            return Some(failed("guest-ended"));
        };
        let Ok(op) = serde_json::from_str::<Value>(&line) else {
            guest.has_ended = true;
            let silent = ["waits-for-the-dead", "dies-with-a-guest"].contains(&&*self.defect);
            return (!silent).then(|| failed("guest-ended"));
        };
        let deployment = if one { String::new() } else { guest.deployment.clone() };
        let place = |op: &Value| (deployment.clone(), op[1].as_str().unwrap_or_default().to_owned());
        let mut seen = match op.as_object().and_then(|op| op.iter().next()) {
            Some((word, _)) if word == "Open" => {
                guest.is_open = true;
                json!("Done")
            }
            Some((word, _)) if word == "Close" || !guest.is_open => json!({ "Misused": "slot 0 is empty" }),
            Some((word, op)) if word == "Set" => {
                match &*self.defect {
                    "dies-at-work" => {
                        eprintln!("out of ideas");
                        std::process::exit(9);
                    }
                    "hangs-at-work" => return None,
                    "chats-at-work" => print("setting a key"),
                    "traps-at-work" => return Some(failed("trap")),
                    "fails-as-nobody-else" => return Some(failed("of-a-later-version")),
                    _ => {}
                }
                self.store.insert(place(op), op[2].clone());
                json!("Done")
            }
            Some((word, op)) if word == "Delete" => {
                self.store.remove(&place(op));
                json!("Done")
            }
            Some((word, _)) if word == "AllKeys" => {
                let keys = self.store.keys().filter(|(place, _)| *place == deployment);
                json!({ "Keys": keys.map(|(_, key)| key).collect::<Vec<_>>() })
            }
            Some((word, op)) if word == "Exists" => json!({ "Flag": self.store.contains_key(&place(op)) }),
            Some((_, op)) => json!({ "Value": self.store.get(&place(op)) }),
            None => json!("Done"),
        }
        .to_string();
        if self.has("cuts-long-lines") {
            seen.truncate(64 << 10);
        }
        Some(json!({ "ok": { "line": seen } }))
    }
}
