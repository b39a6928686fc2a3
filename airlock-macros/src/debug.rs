//! The debug output of expansions.

use proc_macro2::TokenStream;

/// Prints the expansion if `AIRLOCK_DEBUG_MACRO` names the function. Returns it unchanged.
pub(crate) fn shown((name, tokens): (Option<String>, TokenStream)) -> TokenStream {
    if let (Some(name), Ok(wanted)) = (name, std::env::var("AIRLOCK_DEBUG_MACRO"))
        && name == wanted
    {
        #[allow(clippy::print_stderr, reason = "printing is what was asked for")]
        {
            eprintln!("{tokens}");
        }
    }
    tokens
}
