//! What a component may do. The absence of a grant is a denial.

use crate::{
    call::{Access, Call},
    error::{Error, Kind, Result},
};
use globset::{GlobBuilder, GlobMatcher};
use std::{fmt, str::FromStr};

/// One allow rule: `capability:label`, or `capability:label:read`, or `capability:label:write`.
///
/// The label may hold the globs `*` and `?`. Without a third part both reading and writing are allowed.
#[derive(Debug, Clone)]
pub struct Rule {
    text: String,
    capability: String,
    label: Label,
    access: Option<Access>,
}

/// Labels are seldom patterns, and every call is checked: a plain text is compared, which takes a tenth of the time.
#[derive(Debug, Clone)]
enum Label {
    Plain(String),
    Glob(GlobMatcher),
}

impl Label {
    fn is_match(&self, label: &str) -> bool {
        match self {
            Self::Plain(plain) => plain == label,
            Self::Glob(glob) => glob.is_match(label),
        }
    }
}

impl Rule {
    /// The text of the rule that allows this label and no other, narrowed if `access` is `Read` or `Write`: no character
    /// of the label is a pattern. `None` for labels that no rule can spell out, or not on one line: empty ones, and those
    /// with `:`, control characters, line separators or marks that reorder text.
    #[must_use]
    pub fn for_label(capability: &str, label: &str, access: Access) -> Option<String> {
        let odd = |c: char| {
            let misleads = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            c == ':' || c.is_control() || misleads
        };
        if label.is_empty() || label.contains(odd) {
            return None;
        }
        let mut rule = format!("{capability}:");
        for c in label.chars() {
            if is_special(c) {
                rule.push('\\');
            }
            rule.push(c);
        }
        if access != Access::Open {
            rule.push(':');
            rule.push_str(access.name());
        }
        Some(rule)
    }

    fn allows(&self, capability: &str, label: &str, access: Access) -> bool {
        self.capability == capability
            && (access == Access::Open || self.access.is_none_or(|a| a == access))
            && self.label.is_match(label)
    }

    /// What it allows, each by itself.
    const fn accesses(&self) -> &[Access] {
        match self.access {
            Some(Access::Read) => &[Access::Read],
            Some(Access::Write) => &[Access::Write],
            _ => &[Access::Read, Access::Write],
        }
    }
}

impl fmt::Display for Rule {
    /// The text that was parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::new(
                Kind::Invalid,
                format!("grant `{text}`: {why}; write `capability:label`, with `:read` or `:write` to narrow it"),
            )
        };
        // Patterns are read recursively, so whoever writes one decides how deep.
        if text.len() > LONGEST {
            return Err(bad(&format!("it is longer than {LONGEST} bytes")));
        }
        let (capability, rest) = text.split_once(':').ok_or_else(|| bad("it names no label"))?;
        if !crate::CAPABILITIES.contains(&capability) {
            return Err(bad(&format!("the capabilities are {}", crate::CAPABILITIES.join(", "))));
        }
        let (label, access) = match rest.rsplit_once(':') {
            Some((label, "read")) => (label, Some(Access::Read)),
            Some((label, "write")) => (label, Some(Access::Write)),
            Some(_) => return Err(bad("what follows the label must be `read` or `write`")),
            None => (rest, None),
        };
        if label.is_empty() {
            return Err(bad("the label is empty"));
        }
        let label = if label.contains(is_special) {
            let glob = GlobBuilder::new(label).backslash_escape(true).build().map_err(|e| bad(&e.to_string()))?;
            Label::Glob(glob.compile_matcher())
        } else {
            Label::Plain(label.to_owned())
        };
        Ok(Self { text: text.to_owned(), capability: capability.to_owned(), label, access })
    }
}

/// How long a rule may be, in bytes.
const LONGEST: usize = 1 << 10;

/// Whether patterns give the character a meaning.
const fn is_special(c: char) -> bool {
    matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\')
}

/// All that one component may do. [`Default`] allows nothing.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    rules: Vec<Rule>,
    /// Each of these must allow a call as well.
    claims: Vec<Vec<Rule>>,
}

impl Grants {
    /// Parses rules such as `keyvalue:default` or `messaging:events:read`.
    ///
    /// # Errors
    /// `invalid`, naming the rule and its fix.
    pub fn parse<S: AsRef<str>>(rules: impl IntoIterator<Item = S>) -> Result<Self> {
        let rules = rules.into_iter().map(|r| r.as_ref().parse()).collect::<Result<_>>()?;
        Ok(Self { rules, claims: Vec::new() })
    }

    /// What both allow: a call needs a rule of these and one of the component's signed `claims`. A call that the claims
    /// alone deny says so.
    #[must_use]
    pub fn within(mut self, claims: Self) -> Self {
        self.claims.push(claims.rules);
        self.claims.extend(claims.claims);
        self
    }

    /// The rules, as they were parsed.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether these allow what the rule asks for: all of it if it names one label. What its label is a pattern for only
    /// calls tell, so then it is enough if they allow anything of its capability and access.
    #[must_use]
    pub fn meet(&self, asked: &Rule) -> bool {
        let any = |allows: &dyn Fn(&Rule) -> bool| self.rules.iter().any(allows);
        match &asked.label {
            Label::Plain(label) => {
                asked.accesses().iter().all(|access| any(&|rule| rule.allows(&asked.capability, label, *access)))
            }
            Label::Glob(_) => any(&|rule| {
                rule.capability == asked.capability && rule.accesses().iter().any(|a| asked.accesses().contains(a))
            }),
        }
    }

    /// These grants behind the handle that [`Link`](crate::Link)s share; storing others in it revokes.
    #[must_use]
    pub fn shared(self) -> crate::SharedGrants {
        std::sync::Arc::new(arc_swap::ArcSwap::from_pointee(self))
    }

    /// Whether a call with this access would be allowed: for hosts that tell before anything runs what could never work.
    #[must_use]
    pub fn allow(&self, capability: &str, label: &str, access: Access) -> bool {
        let mut all = std::iter::once(&self.rules).chain(&self.claims);
        all.all(|rules| rules.iter().any(|rule| rule.allows(capability, label, access)))
    }

    /// Whether a rule allows the call. The only check there is: [`Link::run`](crate::Link::run) calls it first.
    pub(crate) fn check(&self, call: &Call<'_>) -> Result<()> {
        let Call { capability, op, label, access, .. } = *call;
        if self.allow(capability, label, access) {
            return Ok(());
        }
        let granted = self.rules.iter().any(|rule| rule.allows(capability, label, access));
        let who = if granted { "claim" } else { "grant" };
        // The label is the guest's text, and the hint is copied by people: it must neither forge a line nor be a pattern.
        let Some(fix) = Rule::for_label(capability, label, access) else {
            tracing::warn!(capability, ?label, op, "denied; no {who} names this label");
            return Err(Error::new(Kind::AccessDenied, format!("no {who} allows `{op}` on the label {label:?}")));
        };
        tracing::warn!(capability, ?label, op, "denied; the {who} `{fix}` would allow it");
        Err(Error::new(Kind::AccessDenied, format!("no {who} allows `{op}` here; `{fix}` would")))
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rule) in self.rules.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { " " }, rule.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(label: &str, access: Access) -> Call<'_> {
        Call { capability: "keyvalue", op: "get", access, label, key: "k", idempotent: true }
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        for access in [Access::Open, Access::Read, Access::Write] {
            let error = Grants::default().check(&call("default", access)).expect_err("denied");
            assert_eq!(error.kind, Kind::AccessDenied);
        }
    }

    #[test]
    fn a_rule_has_an_end() {
        let nested = |depth: usize| format!("keyvalue:{}{}", "{".repeat(depth), "}".repeat(depth));
        assert!(nested(400).parse::<Rule>().is_ok());
        assert!(nested(40_000).parse::<Rule>().expect_err("too long").message.contains("longer than 1024"));
    }

    #[test]
    fn a_rule_allows_its_own_label_and_access_only() {
        let grants = Grants::parse(["keyvalue:cache-*:read"]).expect("parses");
        assert!(grants.check(&call("cache-1", Access::Open)).is_ok());
        assert!(grants.check(&call("cache-1", Access::Read)).is_ok());
        assert!(grants.check(&call("cache-1", Access::Write)).is_err());
        assert!(grants.check(&call("other", Access::Read)).is_err());
        let messaging = Call { capability: "messaging", ..call("cache-1", Access::Read) };
        assert!(grants.check(&messaging).is_err());
    }

    #[test]
    fn claims_narrow_and_never_widen() {
        let claims = |rules: &[&str]| Grants::parse(rules).expect("parses");
        let grants = claims(&["keyvalue:*"]).within(claims(&["keyvalue:a", "keyvalue:b:read"]));
        assert!(grants.check(&call("a", Access::Write)).is_ok());
        assert!(grants.check(&call("b", Access::Read)).is_ok());
        for (label, access) in [("b", Access::Write), ("c", Access::Open)] {
            let denied = grants.check(&call(label, access)).expect_err(label);
            assert!(denied.message.starts_with("no claim allows"), "{denied}");
        }
        let twice = grants.within(claims(&["keyvalue:*:read"]));
        assert!(twice.check(&call("a", Access::Read)).is_ok() && twice.check(&call("a", Access::Write)).is_err());
        // What is claimed and not granted is the grant's to fix.
        let denied = Grants::default().within(claims(&["keyvalue:a"])).check(&call("a", Access::Read));
        assert!(denied.expect_err("denied").message.starts_with("no grant allows"));
    }

    #[test]
    fn what_is_asked_is_met_in_full_for_a_label_and_in_part_for_a_pattern() {
        let grants = Grants::parse(["keyvalue:a:read", "keyvalue:a:write", "keyvalue:b-*:read"]).expect("parses");
        let meets = |asked: &str| grants.meet(&asked.parse().expect(asked));
        for met in ["keyvalue:a", "keyvalue:a:write", "keyvalue:b-1:read", "keyvalue:*", "keyvalue:c*:write"] {
            assert!(meets(met), "{met}");
        }
        for unmet in ["keyvalue:b-1", "keyvalue:b-1:write", "keyvalue:c:read", "messaging:*", "config:a"] {
            assert!(!meets(unmet), "{unmet}");
        }
        let reads = Grants::parse(["messaging:default:read"]).expect("parses");
        assert!(!reads.meet(&"messaging:*:write".parse().expect("parses")));
    }

    #[test]
    fn the_hint_allows_what_was_denied_and_no_more() {
        for label in ["default", "a*", "{a,b}", "[x]", "back\\slash", "caf\u{e9} au lait"] {
            let denied = Grants::default().check(&call(label, Access::Read)).expect_err(label);
            let rule = Rule::for_label("keyvalue", label, Access::Read).expect(label);
            assert!(denied.message.contains(&format!("`{rule}`")), "{denied}");
            let grants = Grants::parse([rule]).expect(label);
            assert!(grants.check(&call(label, Access::Read)).is_ok(), "{label}");
            for other in ["ab", "a", "x", "b"] {
                assert!(grants.check(&call(other, Access::Read)).is_err(), "{label} allows {other}");
            }
        }
    }

    #[test]
    fn a_label_cannot_forge_a_line_or_a_hint() {
        for label in ["", "a\nWARN forged", "a:write", "\u{1b}[2J", "a\u{2028}b", "\u{202e}a"] {
            assert_eq!(Rule::for_label("keyvalue", label, Access::Read), None, "{label:?}");
            let denied = Grants::default().check(&call(label, Access::Read)).expect_err("denied");
            assert!(denied.message.contains(&format!("{label:?}")), "{denied}");
            assert!(!denied.message.contains(char::is_control) && !denied.message.contains("would"), "{denied}");
        }
    }

    #[test]
    fn a_bad_rule_says_how_to_write_a_good_one() {
        for bad in ["keyvalue", "kv:default", "keyvalue:", "keyvalue:a:admin", "keyvalue:[", "keyvalue::read"] {
            let error = Grants::parse([bad]).expect_err(bad);
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.message.contains(bad), "{error}");
        }
    }
}
