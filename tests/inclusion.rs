//! Inclusion by its laws, over a list of schemas, and by single cases.
