//! Serialisation of the catalogue with stable field names, for tools.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::catalogue::{BoundaryDescriptor, Catalogue, Coalesce, EffectDescriptor, ResourceNeed};

impl Serialize for EffectDescriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Effect", 22)?;
        row.serialize_field("id", self.id)?;
        row.serialize_field("aliases", self.aliases)?;
        row.serialize_field("name", self.name)?;
        row.serialize_field("intent", self.intent)?;
        row.serialize_field("arguments", self.arguments)?;
        row.serialize_field("resources", self.resources)?;
        row.serialize_field("async", &self.is_async)?;
        row.serialize_field("fallible", &self.fallible)?;
        row.serialize_field("durable", &self.is_durable())?;
        row.serialize_field("batch", &self.batch)?;
        row.serialize_field("once", &self.once)?;
        row.serialize_field("key", &self.key)?;
        row.serialize_field(
            "keeps",
            if self.coalesce == Coalesce::First {
                "first"
            } else {
                "last"
            },
        )?;
        row.serialize_field("queue", &self.queue)?;
        row.serialize_field("priority", &self.priority)?;
        row.serialize_field("attempts", &self.retry.map(|rule| rule.max_attempts()))?;
        row.serialize_field(
            "timeout_ms",
            &self.timeout.map(|timeout| timeout.as_millis()),
        )?;
        row.serialize_field("tags", self.tags)?;
        row.serialize_field("docs", self.docs)?;
        row.serialize_field("package", self.package)?;
        row.serialize_field("module", self.module)?;
        row.serialize_field("place", &self.place())?;
        row.end()
    }
}

impl Serialize for ResourceNeed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Resource", 2)?;
        row.serialize_field("name", self.name)?;
        row.serialize_field("type", self.type_name)?;
        row.end()
    }
}

impl Serialize for BoundaryDescriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let emits = |effects: &[&EffectDescriptor]| {
            effects.iter().map(|effect| effect.id).collect::<Vec<_>>()
        };
        let mut row = serializer.serialize_struct("Boundary", 7)?;
        row.serialize_field("name", self.name)?;
        row.serialize_field("emits", &self.emits.map(emits))?;
        row.serialize_field("async", &self.is_async)?;
        row.serialize_field("docs", self.docs)?;
        row.serialize_field("package", self.package)?;
        row.serialize_field("module", self.module)?;
        row.serialize_field("place", &self.place())?;
        row.end()
    }
}

impl Serialize for Catalogue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tables = serializer.serialize_struct("Catalogue", 2)?;
        tables.serialize_field("effects", &self.effects)?;
        tables.serialize_field("boundaries", &self.boundaries)?;
        tables.end()
    }
}
