//! Unit tests of what is known of others.
