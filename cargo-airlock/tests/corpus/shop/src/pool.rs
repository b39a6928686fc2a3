//! Generic types, outside the domain.

use std::ops::Deref;

use crate::clients::Http;

pub struct Pool<T> {
    items: Vec<T>,
}

impl<T> Pool<T> {
    pub fn take(&self) -> &T {
        &self.items[0]
    }
}

pub struct Guarded<G>(G);

impl<G> Deref for Guarded<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

pub struct PoolBuilder;

impl PoolBuilder {
    pub fn new() -> Self {
        Self
    }

    pub fn build(self) -> Pool<Http> { //~ deny-path
        Pool { items: vec![Http::new()] } //~ deny-path
    }
}

pub trait PostExt {
    fn post_order(&self, id: u64);
}

impl PostExt for Http {
    fn post_order(&self, id: u64) {
        self.post("order").json(&id).send(); //~ deny-path
    }
}
