//! The native twin of the C SDK: the functions that a host provides, for C programs on this machine.
