//! stub
/// stub
pub type Linker = ();
