//! Expansions and problems, seen as tokens.
