//! Globs over ids: `*` stays within one part of an id, `**` crosses slashes.

use globset::{GlobBuilder, GlobMatcher};

/// Globs that a user gave for one purpose.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<GlobMatcher>);

impl Patterns {
    /// Reads globs. `@file` stands for the globs in that file: one a line, `#` begins a comment.
    ///
    /// # Errors
    /// A file that cannot be read, a glob that is none, and a glob that matches none of `ids`: the text names the
    /// nearest.
    pub fn read<'a>(given: &[String], ids: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        let mut globs = Vec::new();
        for text in given {
            let Some(path) = text.strip_prefix('@') else {
                globs.push(text.clone());
                continue;
            };
            let lines = std::fs::read_to_string(path).map_err(|why| format!("cannot read `{path}`: {why}"))?;
            let lines = lines.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            globs.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Self::of(&globs, ids)
    }

    /// Reads globs as they stand, of somebody whose text must not name files of whoever reads it.
    ///
    /// # Errors
    /// As [`read`](Self::read), and what would be a file there.
    pub fn literal<'a>(given: &[String], ids: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        if let Some(file) = given.iter().find(|text| text.starts_with('@')) {
            return Err(format!("{file:?} names another file: write the patterns here"));
        }
        Self::of(given, ids)
    }

    fn of<'a>(globs: &[String], ids: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        globs.iter().map(|glob| matcher(glob, ids.clone())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether any of them matches.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(id))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn matcher<'a>(glob: &str, ids: impl IntoIterator<Item = &'a str> + Clone) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    let matcher = built.map_err(|why| format!("`{glob}` is not a pattern: {why}"))?.compile_matcher();
    if ids.clone().into_iter().any(|id| matcher.is_match(id)) {
        return Ok(matcher);
    }
    Err(format!("`{glob}` matches no case{} (see `cloud-conformance list`)", nearest(glob, ids)))
}

/// `; did you mean ...?`, or nothing where nothing is near.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let scored = names.into_iter().map(|name| (strsim::normalized_damerau_levenshtein(given, name), name));
    match scored.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((score, name)) if score >= 0.4 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 3] = ["keyvalue/store/get-missing-key", "keyvalue/store/set", "messaging/send"];

    fn selected(globs: &[&str]) -> Vec<&'static str> {
        let globs: Vec<_> = globs.iter().map(|&glob| glob.to_owned()).collect();
        let patterns = Patterns::read(&globs, IDS).expect("patterns");
        IDS.into_iter().filter(|id| patterns.matches(id)).collect()
    }

    #[test]
    fn one_star_stops_at_a_slash_and_two_do_not() {
        assert_eq!(selected(&["keyvalue/store/*"]), IDS[..2]);
        assert_eq!(selected(&["*/send"]), IDS[2..]);
        assert_eq!(selected(&["**"]), IDS);
        assert_eq!(selected(&["keyvalue/**"]), IDS[..2]);
        assert!(Patterns::read(&["keyvalue/*".into()], IDS).is_err());
    }

    #[test]
    fn what_matches_nothing_names_the_nearest() {
        let error = Patterns::read(&["keyvalue/store/get-mising-key".into()], IDS).expect_err("no match");
        assert!(error.contains("did you mean `keyvalue/store/get-missing-key`?"), "{error}");
        let error = Patterns::read(&["zzz".into()], IDS).expect_err("no match");
        assert!(!error.contains("did you mean"), "{error}");
        assert!(Patterns::read(&["a[".into()], IDS).expect_err("no glob").contains("not a pattern"));
    }

    #[test]
    fn a_file_holds_one_pattern_a_line() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "# known\nkeyvalue/store/set # issue 4\n\n").expect("written");
        assert_eq!(selected(&[&format!("@{}", file.path().display())]), IDS[1..2]);
        assert!(Patterns::read(&["@/no/such/file".into()], IDS).expect_err("no file").contains("/no/such/file"));
    }
}
