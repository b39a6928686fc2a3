//! Serialisation of the catalogue with stable field names, for tools.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::catalogue::{BoundaryDescriptor, Catalogue, Coalesce, EffectDescriptor, ResourceNeed};

impl Serialize for EffectDescriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Effect", 23)?;
        row.serialize_field("id", self.spec.id)?;
        row.serialize_field("aliases", self.spec.aliases)?;
        row.serialize_field("name", self.spec.place.name)?;
        row.serialize_field("intent", self.spec.intent)?;
        row.serialize_field("arguments", self.spec.arguments)?;
        row.serialize_field("resources", self.spec.resources)?;
        row.serialize_field("emits", &self.emits().map(ids))?;
        row.serialize_field("async", &self.spec.is_async)?;
        row.serialize_field("fallible", &self.spec.fallible)?;
        row.serialize_field("durable", &self.is_durable())?;
        row.serialize_field("batch", &self.spec.batch)?;
        row.serialize_field("once", &self.spec.once)?;
        row.serialize_field("key", &self.spec.key)?;
        row.serialize_field(
            "keeps",
            if self.spec.coalesce == Coalesce::First {
                "first"
            } else {
                "last"
            },
        )?;
        row.serialize_field("queue", &self.spec.queue)?;
        row.serialize_field("priority", &self.spec.priority)?;
        row.serialize_field("attempts", &self.spec.retry.map(|rule| rule.max_attempts()))?;
        row.serialize_field(
            "timeout_ms",
            &self.spec.timeout.map(|timeout| timeout.as_millis()),
        )?;
        row.serialize_field("tags", self.spec.tags)?;
        row.serialize_field("docs", self.spec.docs)?;
        row.serialize_field("package", self.spec.place.package)?;
        row.serialize_field("module", self.spec.place.module)?;
        row.serialize_field("place", &self.place())?;
        row.end()
    }
}

fn ids(effects: &[&EffectDescriptor]) -> Vec<&'static str> {
    effects.iter().map(|effect| effect.spec.id).collect()
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
        let mut row = serializer.serialize_struct("Boundary", 7)?;
        row.serialize_field("name", self.spec.name)?;
        row.serialize_field("emits", &self.spec.emits.map(ids))?;
        row.serialize_field("async", &self.spec.is_async)?;
        row.serialize_field("docs", self.spec.docs)?;
        row.serialize_field("package", self.spec.place.package)?;
        row.serialize_field("module", self.spec.place.module)?;
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
