//! Whether a description is itself a right one: the parts of the OpenAPI 3.1 specification that this API needs.

use std::collections::HashSet;

use jsonschema::draft202012;
use serde_json::Value;

use super::document::{METHODS, object};

/// All faults of a description, each with the place it is at. None: it is right.
pub fn faults(root: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut require = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    let version = root["openapi"].as_str().unwrap_or_default();
    require(
        version.starts_with("3.1."),
        format!("`openapi` is {version:?}, expected 3.1.x"),
    );
    for name in ["title", "version"] {
        require(
            is_text(&root["info"][name]),
            format!("`info` has no {name}"),
        );
    }
    require(!object(&root["paths"]).is_empty(), "no `paths`".to_owned());

    let mut ids = HashSet::new();
    for (path, item) in object(&root["paths"]) {
        require(
            path.starts_with('/'),
            format!("the path {path} does not start with a slash"),
        );
        for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
            let (operation, place) = (&item[*method], format!("{} {path}", method.to_uppercase()));
            if let Some(id) = operation["operationId"].as_str() {
                require(
                    ids.insert(id.to_owned()),
                    format!("{place}: the operationId {id} is used twice"),
                );
            }
            for fault in operation_faults(root, path, item, operation) {
                require(false, format!("{place}: {fault}"));
            }
        }
    }
    for (name, schema) in object(&root["components"]["schemas"]) {
        require(
            draft202012::meta::is_valid(schema),
            format!("the schema {name} is not a JSON schema"),
        );
    }
    faults.extend(reference_faults(root, root));
    faults
}

fn operation_faults(root: &Value, path: &str, item: &Value, operation: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let responses = object(&operation["responses"]);
    if responses.is_empty() {
        faults.push("no `responses`".to_owned());
    }
    for (status, response) in responses {
        let response = follow(root, response);
        if !is_status(status) {
            faults.push(format!("{status} is not a status"));
        }
        if !is_text(&response["description"]) {
            faults.push(format!("the response {status} has no description"));
        }
        faults.extend(content_faults(
            &format!("the response {status}"),
            &response["content"],
        ));
    }
    if let Some(body) = operation.get("requestBody") {
        let content = &follow(root, body)["content"];
        if object(content).is_empty() {
            faults.push("the request body has no `content`".to_owned());
        }
        faults.extend(content_faults("the request body", content));
    }
    faults.extend(parameter_faults(
        root,
        path,
        &[&item["parameters"], &operation["parameters"]],
    ));
    for scheme in security_schemes(root, operation) {
        if root["components"]["securitySchemes"].get(&scheme).is_none() {
            faults.push(format!("the security scheme {scheme} is declared nowhere"));
        }
    }
    faults
}

fn content_faults(place: &str, content: &Value) -> Vec<String> {
    let wrong = object(content)
        .iter()
        .filter(|(_, media)| match media.get("schema") {
            Some(schema) => !draft202012::meta::is_valid(schema),
            None => false,
        });
    wrong
        .map(|(media_type, _)| format!("{place} as {media_type} has no right schema"))
        .collect()
}

/// Every `{name}` of the path is declared once, as required; every other parameter has a place and a schema.
fn parameter_faults(root: &Value, path: &str, lists: &[&Value]) -> Vec<String> {
    let declared = lists
        .iter()
        .filter_map(|list| list.as_array())
        .flatten()
        .map(|parameter| follow(root, parameter));
    let declared: Vec<_> = declared.collect();
    let mut faults = Vec::new();
    for parameter in &declared {
        let (name, place) = (
            &parameter["name"],
            parameter["in"].as_str().unwrap_or_default(),
        );
        if !is_text(name) || !["path", "query", "header", "cookie"].contains(&place) {
            faults.push(format!("the parameter {name} has no right name or `in`"));
        }
        if parameter.get("schema").is_none() && parameter.get("content").is_none() {
            faults.push(format!("the parameter {name} has no schema"));
        }
    }
    let of_path = |name: &str| {
        declared
            .iter()
            .filter(|p| p["in"] == "path" && p["name"] == name)
            .collect::<Vec<_>>()
    };
    for name in path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    {
        match of_path(name)[..] {
            [parameter] if parameter["required"] == true => {}
            _ => faults.push(format!(
                "the path's parameter {name} is not declared once and as required"
            )),
        }
    }
    faults
}

/// The names of the security schemes that an operation, or else the whole document, refers to.
fn security_schemes(root: &Value, operation: &Value) -> Vec<String> {
    let security = operation.get("security").unwrap_or(&root["security"]);
    let alternatives = security.as_array().into_iter().flatten();
    alternatives
        .flat_map(|alternative| object(alternative).keys().cloned())
        .collect()
}

/// Every `$ref` leads to something within the document.
fn reference_faults(root: &Value, value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .flat_map(|item| reference_faults(root, item))
            .collect(),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let lost = reference.filter(|to| {
                to.strip_prefix('#')
                    .and_then(|to| root.pointer(to))
                    .is_none()
            });
            let lost = lost.map(|to| format!("the $ref {to} leads nowhere"));
            lost.into_iter()
                .chain(
                    members
                        .values()
                        .flat_map(|member| reference_faults(root, member)),
                )
                .collect()
        }
        _ => Vec::new(),
    }
}

fn follow<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|to| to.strip_prefix('#'));
    reference
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(value)
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_status(key: &str) -> bool {
    let is_number = key
        .parse::<u16>()
        .is_ok_and(|status| (100..600).contains(&status));
    is_number || key == "default" || matches!(key.as_bytes(), [b'1'..=b'5', b'X', b'X'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn description() -> Value {
        json!({
            "openapi": "3.1.0",
            "info": { "title": "Rooms", "version": "1" },
            "paths": { "/rooms/{id}": { "get": {
                "operationId": "room",
                "security": [{ "bearer": [] }],
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "The room", "content": { "application/json": { "schema": {
                    "$ref": "#/components/schemas/Room"
                } } } } }
            } } },
            "components": {
                "schemas": { "Room": { "type": "object" } },
                "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } }
            }
        })
    }

    #[test]
    fn a_right_description_has_no_faults() {
        assert_eq!(faults(&description()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found() {
        let get = "/paths/~1rooms~1{id}/get";
        for (place, wrong, expected) in [
            ("/openapi".to_owned(), json!("3.0.3"), "3.1.x"),
            ("/info/title".to_owned(), json!(""), "no title"),
            ("/paths".to_owned(), json!({}), "no `paths`"),
            (format!("{get}/responses"), json!({}), "no `responses`"),
            (
                format!("{get}/responses/200/description"),
                json!(null),
                "no description",
            ),
            (
                format!("{get}/parameters/0/required"),
                json!(false),
                "not declared once",
            ),
            (
                format!("{get}/parameters/0/schema"),
                json!({ "$ref": "#/nowhere" }),
                "leads nowhere",
            ),
            (
                format!("{get}/security"),
                json!([{ "basic": [] }]),
                "declared nowhere",
            ),
            (
                "/components/schemas/Room".to_owned(),
                json!({ "type": "room" }),
                "not a JSON schema",
            ),
        ] {
            let mut description = description();
            *description.pointer_mut(&place).unwrap() = wrong;
            let found = faults(&description);
            assert!(
                found.iter().any(|fault| fault.contains(expected)),
                "{place}: {found:?}"
            );
        }
    }
}
