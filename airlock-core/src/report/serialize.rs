//! Serialisation of reports with stable field names, for logs and tools. Ids and lines are valid
//! for one run of the program.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::intent::IntentInfo;
use crate::report::FlushReport;

impl Serialize for FlushReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("FlushReport", 6)?;
        report.serialize_field("scope", &self.scope())?;
        report.serialize_field("name", &self.name())?;
        report.serialize_field("outcome", &self.outcome())?;
        report.serialize_field("ending", &self.ending())?;
        report.serialize_field("intents", self.buffered())?;
        report.serialize_field("cascades", self.cascades())?;
        report.end()
    }
}

impl Serialize for IntentInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let why = self.fate().why();
        let location = self.location();
        let mut entry = serializer.serialize_struct("IntentInfo", 9)?;
        entry.serialize_field("effect", self.effect().id())?;
        entry.serialize_field("intent", &self.id())?;
        entry.serialize_field("fate", self.fate().word())?;
        entry.serialize_field("why", &(!why.is_empty()).then_some(why))?;
        entry.serialize_field("scope", &self.scope())?;
        entry.serialize_field("captured", &self.is_captured())?;
        entry.serialize_field("at", &format!("{}:{}", location.file(), location.line()))?;
        entry.serialize_field("cause", &self.cause().map(ToString::to_string))?;
        let detached_from = self.detached_from().map(ToString::to_string);
        entry.serialize_field("detached_from", &detached_from)?;
        entry.end()
    }
}
