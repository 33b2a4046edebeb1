//! The scheduler on hosts that misbehave.

mod fake;
mod lists;
mod misbehaviour;

#[test]
fn a_case_keeps_its_seed_and_shares_it_with_no_other() {
    use super::case_seed;
    assert_eq!(case_seed(7, "a/b"), case_seed(7, "a/b"));
    assert_ne!(case_seed(7, "a/b"), case_seed(7, "a/c"));
    assert_ne!(case_seed(7, "a/b"), case_seed(8, "a/b"));
}
