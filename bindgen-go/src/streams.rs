//! The streams of `wasi:io` as Go's: `io.ReadCloser` and `io.WriteCloser`.

use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::{Resolve, TypeDefKind, TypeId, TypeOwner};

use crate::errors::words;
use crate::file::File;

/// Which way a stream goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Input,
    Output,
}

impl Stream {
    /// What a resource is, if it is one of the two.
    pub(crate) fn of(resolve: &Resolve, id: TypeId) -> Option<Stream> {
        let TypeOwner::Interface(interface) = resolve.types[id].owner else { return None };
        let name = resolve.id_of(interface)?;
        if name.split('@').next() != Some("wasi:io/streams") {
            return None;
        }
        match resolve.types[id].name.as_deref()? {
            "input-stream" => Some(Stream::Input),
            "output-stream" => Some(Stream::Output),
            _ => None,
        }
    }

    /// The method that makes it a stream of Go.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Stream::Input => "Read",
            Stream::Output => "Write",
        }
    }
}

/// The methods of the streams of a unit, and the error that both have.
pub(crate) fn methods(file: &mut File<'_>, unit: usize) {
    let plan = file.world.plan;
    let at = &plan.units[unit];
    let streams: Vec<_> =
        at.types.iter().filter_map(|(_, id)| Some((*id, Stream::of(file.world.resolve, *id)?))).collect();
    if streams.is_empty() || at.direction == Direction::Export || !error(file, unit) {
        return;
    }
    for (id, stream) in streams {
        let name = file.named(id).unwrap_or_default();
        let call = |wit: &str| plan.funcs.get(&(unit, wit.to_owned())).map(|func| format!("import{}", func.unique));
        match stream {
            Stream::Input => {
                if let Some(read) = call("[method]input-stream.blocking-read") {
                    input(file, &name, &read);
                }
            }
            Stream::Output => {
                let calls = ["blocking-write-and-flush", "check-write", "write", "blocking-flush"]
                    .map(|name| call(&format!("[method]output-stream.{name}")));
                if let [Some(whole), Some(check), Some(write), Some(flush)] = calls {
                    output(file, &name, [&whole, &check, &write, &flush]);
                }
            }
        }
    }
}

fn input(file: &mut File<'_>, name: &str, read: &str) {
    file.std("io");
    file.code.gap();
    file.code.add(format!(
        "// Read makes an io.Reader of the stream: it waits until there is something to read, and returns io.EOF\n\
         // at the end. It reads up to 64 KiB at once.\n\
         func (s *{name}) Read(p []byte) (n int, err error) {{\n\
         for n == 0 && len(p) > 0 {{\n\
         data, err := {read}(s, uint64(min(len(p), 64<<10)))\n\
         if err != nil {{\n\
         return 0, ofStream(\"read\", err, io.EOF)\n\
         }}\n\
         n = copy(p, data)\n\
         }}\n\
         return n, nil\n\
         }}\n\
         \n\
         var _ io.ReadCloser = (*{name})(nil)"
    ));
}

fn output(file: &mut File<'_>, name: &str, [whole, check, write, flush]: [&str; 4]) {
    file.std("io");
    file.code.gap();
    file.code.add(format!(
        "// Write makes an io.Writer of the stream: it waits until all is written and flushed. A stream that nobody\n\
         // reads any more is io.ErrClosedPipe.\n\
         func (s *{name}) Write(p []byte) (n int, err error) {{\n\
         // As much as the WIT allows in one call.\n\
         const most = 4096\n\
         whole := len(p) <= most\n\
         for n < len(p) && err == nil {{\n\
         var room uint64\n\
         if !whole {{\n\
         if room, err = {check}(s); err != nil {{\n\
         break\n\
         }}\n\
         }}\n\
         rest := p[n:]\n\
         if room == 0 {{\n\
         rest = rest[:min(len(rest), most)]\n\
         err = {whole}(s, rest)\n\
         }} else {{\n\
         rest = rest[:min(uint64(len(rest)), room)]\n\
         err = {write}(s, rest)\n\
         }}\n\
         if err == nil {{\n\
         n += len(rest)\n\
         }}\n\
         }}\n\
         if err == nil && !whole {{\n\
         err = {flush}(s)\n\
         }}\n\
         return n, ofStream(\"write\", err, io.ErrClosedPipe)\n\
         }}\n\
         \n\
         var _ io.WriteCloser = (*{name})(nil)"
    ));
}

/// What a stream's error is in Go.
fn error(file: &mut File<'_>, unit: usize) -> bool {
    let plan = file.world.plan;
    let Some((_, id)) = plan.units[unit].types.iter().find(|(name, _)| name == "stream-error") else { return false };
    let TypeDefKind::Variant(variant) = &file.world.resolve.types[*id].kind else { return false };
    let case = |name: &str| variant.cases.iter().position(|case| case.name == name);
    let (Some(closed), Some(failed)) = (case("closed"), case("last-operation-failed")) else { return false };
    let text = words(&variant.cases[failed].name);
    let (closed, failed) = (file.case(*id, closed), file.case(*id, failed));
    let describe = file.wit("Describe");
    file.std("errors");
    file.code.gap();
    file.code.add(format!(
        "// ofStream is end for a stream that is closed, and the host's words for one that failed.\n\
         func ofStream(op string, err, end error) error {{\n\
         if errors.Is(err, {closed}{{}}) {{\n\
         return end\n\
         }}\n\
         if failed := ({failed}{{}}); errors.As(err, &failed) {{\n\
         err = {describe}(err, \"{text}: \"+failed.Value.ToDebugString())\n\
         }}\n\
         return fail(op, \"\", err)\n\
         }}"
    ));
    true
}
