//! The old queue, outside the domain.

pub struct Task {
    id: u64,
}

impl Task {
    pub fn new(id: u64) -> Self {
        Self { id }
    }

    pub fn delay(&self) {
        push(self.id);
    }

    pub fn describe(&self) -> u64 {
        self.id
    }
}

fn push(_id: u64) {}
