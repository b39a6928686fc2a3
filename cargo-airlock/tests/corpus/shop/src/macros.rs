//! Macros of the shop.

macro_rules! charge {
    ($id:expr) => {
        $crate::clients::Http::new().post("charge").json(&$id).send() //~ deny-path
    };
}

macro_rules! both {
    ($($step:expr => $next:expr),* $(,)?) => {
        $($step; $next;)*
    };
}

macro_rules! unused {
    ($id:expr) => {
        reqwest::blocking::Client::new().post("unused").json(&$id)
    };
}
