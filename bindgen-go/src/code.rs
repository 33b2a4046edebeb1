//! Text of Go in the form that gofmt gives it: generated code has to be clean where there is no gofmt.

/// Lines that indent themselves by their braces.
#[derive(Default)]
pub(crate) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    /// Adds lines. One that begins with a closing brace or a case is moved out; after one that ends with an opening brace
    /// the next is moved in.
    pub(crate) fn add(&mut self, lines: impl AsRef<str>) {
        for line in lines.as_ref().lines() {
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let comment = line.starts_with("//");
        if !comment && line.starts_with(['}', ')']) {
            self.depth = self.depth.saturating_sub(1);
        }
        let label = !comment && (line.starts_with("case ") || line == "default:");
        if !line.is_empty() {
            let depth = self.depth.saturating_sub(usize::from(label));
            self.text.extend(std::iter::repeat_n('\t', depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
        if !comment && line.ends_with(['{', '(']) {
            self.depth += 1;
        }
    }

    /// A blank line, unless there is one.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty()
            && !self.text.ends_with("\n\n")
            && !self.text.ends_with("{\n")
            && !self.text.ends_with("(\n")
        {
            self.text.push('\n');
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The lines of a struct's or an interface's body. gofmt aligns fields that follow each other, so where one is documented,
/// each stands alone.
pub(crate) fn fields(fields: &[(String, String, String)]) -> String {
    let alone = fields.iter().any(|(docs, ..)| !docs.is_empty());
    let width = fields.iter().map(|(_, name, _)| name.len()).max().unwrap_or_default();
    let lines = fields.iter().map(|(docs, name, ty)| match alone {
        true => format!("{docs}{name} {ty}\n"),
        false => format!("{name:width$} {ty}\n"),
    });
    lines.collect::<Vec<_>>().join(if alone { "\n" } else { "" })
}
