//! A module that is denied as a whole. What it does itself is no finding.

pub struct Socket;

impl Socket {
    pub fn open() -> Self {
        let socket = Self;
        socket.greet();
        socket
    }

    pub fn greet(&self) {
        crate::raw::write(self);
    }
}

pub fn write(_socket: &Socket) {}
