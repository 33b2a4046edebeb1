//! Nothing: the components are the examples.
