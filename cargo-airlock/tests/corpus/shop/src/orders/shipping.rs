//! Shipping, with imports of every kind.

use super::*;
use crate::clients as outside;
use crate::state::*;

impl Orders {
    pub(super) fn ship(&self, id: u64) {
        self.http.post("ship").json(&id).send(); //~ deny-path
        self.app.http.post("ship").send(); //~ deny-path
        label(&self.app, id);
    }
}

fn label(app: &App, id: u64) {
    app.gateway.send(id);
    use outside::Http as Label;
    let label = Label::new(); //~ deny-path
    label.post("label").send(); //~ deny-path
    std::process::Command::new("print").arg("label").status(); //~ spawn
    let mut command = std::process::Command::new("print"); //~ spawn
    command.arg("label");
    command.status(); //~ spawn
}
