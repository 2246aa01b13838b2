//! Rows of content.
