//! Whether a description is itself a right one: the official schema of OpenAPI 3.1, and what no schema can say.

use anyhow::Result;
use jsonschema::Registry;
use serde_json::{Value, json};

use super::document::{Document, object};

/// All faults of a description, each with the place it is at. None: it is right.
pub fn faults(document: &Document) -> Result<Vec<String>> {
    let official: Value = serde_json::from_str(include_str!("../../openapi-3.1/schema.json"))?;
    let schema = json!({
        "$id": "urn:openapi-with-json-schema",
        "$ref": official["$id"],
        // The official schema leaves what a schema is to whoever uses it, and refers to it by this anchor.
        "$defs": { "schema": {
            "$dynamicAnchor": "meta",
            "$ref": "https://json-schema.org/draft/2020-12/schema"
        } }
    });
    let id = official["$id"].as_str().unwrap_or_default().to_owned();
    let registry = Registry::new().add(id, official)?.prepare()?;
    let options = jsonschema::options().with_registry(&registry);
    let validator = options.build(&schema)?;
    let wrong = validator.iter_errors(document.served());
    let wrong = wrong.map(|error| format!("{error} at {}", error.instance_path()));
    Ok(wrong.chain(undeclared(document.root())).collect())
}

/// Parameters of paths and security schemes that are used and declared nowhere.
fn undeclared(root: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, item) in object(&root["paths"]) {
        for (method, operation) in object(item) {
            let declared = [&item["parameters"], &operation["parameters"]].map(Value::as_array);
            let declared: Vec<_> = declared.into_iter().flatten().flatten().collect();
            let parts = path.split('/');
            for name in parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let is_this = |p: &&&Value| p["in"] == "path" && p["name"] == name;
                if declared.iter().filter(is_this).count() != 1 {
                    faults.push(format!("{method} {path}: {name} is not declared once"));
                }
            }
            let security = operation.get("security").unwrap_or(&root["security"]);
            for scheme in security
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|alternative| object(alternative).keys())
            {
                if root["components"]["securitySchemes"].get(scheme).is_none() {
                    faults.push(format!("{method} {path}: {scheme} is declared nowhere"));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A schema that is not looked at finds no faults either.
    #[test]
    fn each_fault_is_found() {
        let right = json!({
            "openapi": "3.1.0",
            "info": { "title": "Rooms", "version": "1" },
            "paths": { "/rooms/{id}": { "get": {
                "security": [{ "bearer": [] }],
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "The room" } }
            } } },
            "components": {
                "schemas": { "Room": { "type": "object", "properties": { "id": { "type": "string" } } } },
                "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } }
            }
        });
        let found = |description| faults(&Document::new(description).unwrap()).unwrap();
        assert_eq!(found(right.clone()), Vec::<String>::new());
        for (place, wrong) in [
            ("/openapi", json!("3.0.3")),
            ("/info/title", json!(null)),
            (
                "/paths/~1rooms~1{id}/get/responses/200/description",
                json!(null),
            ),
            (
                "/paths/~1rooms~1{id}/get/parameters/0/name",
                json!("number"),
            ),
            (
                "/paths/~1rooms~1{id}/get/parameters/0/schema/type",
                json!("text"),
            ),
            (
                "/paths/~1rooms~1{id}/get/security/0",
                json!({ "basic": [] }),
            ),
            ("/components/schemas/Room/properties/id/type", json!("text")),
        ] {
            let mut description = right.clone();
            *description.pointer_mut(place).unwrap() = wrong;
            assert_ne!(found(description), Vec::<String>::new(), "{place}");
        }
    }
}
