//! Finds what is documented for an answer and validates the answer against it.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result, ensure};
use http::{Method, header::HeaderName};
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::{answer::Answer, locked};

/// The keys of a path item that are operations; the others (`parameters`, `summary`, …) are not.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A documented answer: an operation, and one of the keys of its `responses`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Documented {
    pub path: String,
    pub method: String,
    /// A status, a range such as `5XX`, or `default`.
    pub status: String,
}

impl fmt::Display for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.to_uppercase();
        write!(f, "{method} {} {}", self.path, self.status)
    }
}

/// A parsed `/openapi.json`.
#[derive(Debug)]
pub struct Document {
    served: Value,
    root: Value,
    /// Compiled schemas by their text: compiling one takes longer than the rest of a request.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    /// Fails when a `$ref` leads nowhere.
    pub fn new(served: Value) -> Result<Self> {
        let root = jsonschema::options().offline().dereference(&served)?;
        let validators = Mutex::default();
        Ok(Self {
            served,
            root,
            validators,
        })
    }

    /// The document as it was served.
    pub fn served(&self) -> &Value {
        &self.served
    }

    /// The document with what its `$ref`s lead to in their place.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// All documented answers.
    pub fn documented(&self) -> BTreeSet<Documented> {
        let mut all = BTreeSet::new();
        for (path, item) in object(&self.root["paths"]) {
            for method in METHODS {
                for status in object(&item[method]["responses"]).keys() {
                    all.insert(Documented {
                        path: path.clone(),
                        method: method.to_owned(),
                        status: status.clone(),
                    });
                }
            }
        }
        all
    }

    /// Holds an answer, and the request if it was accepted, against what is documented for them, and says what that
    /// is. None for a refused request that is documented nowhere, and for `OPTIONS`, which CORS answers.
    pub fn check(&self, answer: &Answer, request: Option<&Value>) -> Result<Option<Documented>> {
        let method = answer.method.as_str().to_lowercase();
        let path = self.template(&answer.path);
        let operation = path.and_then(|path| Some((path, self.root["paths"][path].get(&method)?)));
        let status = answer.status.as_u16();
        let Some((path, operation)) = operation else {
            ensure!(
                status >= 400 || answer.method == Method::OPTIONS,
                "/openapi.json documents no such operation, but {answer}"
            );
            return Ok(None);
        };
        let responses = object(&operation["responses"]);
        let keys = [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ];
        let status = keys.into_iter().find(|key| responses.contains_key(key));
        let status = status.with_context(|| {
            format!("/openapi.json does not document this status, but {answer}")
        })?;

        self.check_response(&responses[&status], answer)?;
        if let Some(request) = request.filter(|_| answer.status.is_success()) {
            let schema = body_schema(operation);
            self.validate(schema, request)
                .with_context(|| format!("accepted: {request}, {answer}"))?;
        }
        Ok(Some(Documented {
            path: path.to_owned(),
            method,
            status,
        }))
    }

    /// Whether a request body is one that is documented for this operation.
    pub fn allows(&self, path: &str, method: &str, body: &Value) -> Result<bool> {
        let schema = body_schema(&self.root["paths"][path][method]);
        ensure!(schema.is_object(), "{method} {path} documents no body");
        Ok(self.validate(schema, body).is_ok())
    }

    /// The documented path that a request's path is an instance of; one without parameters comes first.
    fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap_or_default();
        let templates = object(&self.root["paths"]).keys().map(String::as_str);
        templates
            .filter(|template| matches(template, path))
            .min_by_key(|template| template.matches('{').count())
    }

    fn check_response(&self, response: &Value, answer: &Answer) -> Result<()> {
        for (name, header) in object(&response["headers"]) {
            let there = answer.headers.contains_key(HeaderName::try_from(name)?);
            ensure!(
                there || header["required"] != true,
                "without its documented header {name}, {answer}"
            );
        }
        let content = object(&response["content"]);
        if content.is_empty() {
            let has_none = answer.body.is_empty();
            ensure!(has_none, "documented without a body, but {answer}");
            return Ok(());
        }
        let media_type = answer.media_type().unwrap_or("no content type");
        let media = content.get(media_type);
        let media =
            media.with_context(|| format!("{media_type} is not documented, but {answer}"))?;
        match media.get("schema") {
            Some(schema) if media_type == "application/json" => self
                .validate(schema, &answer.json()?)
                .with_context(|| format!("not as documented: {answer}")),
            _ => Ok(()),
        }
    }

    fn validate(&self, schema: &Value, value: &Value) -> Result<()> {
        let key = schema.to_string();
        let known = locked(&self.validators).get(&key).cloned();
        let validator = match known {
            Some(known) => known,
            None => {
                let options = jsonschema::draft202012::options().should_validate_formats(true);
                let new = Arc::new(options.build(schema)?);
                locked(&self.validators).insert(key, Arc::clone(&new));
                new
            }
        };
        let errors = validator.iter_errors(value);
        let errors: Vec<_> = errors
            .map(|error| format!("{error} at {:?}", error.instance_path().as_str()))
            .collect();
        ensure!(errors.is_empty(), "{}", errors.join("; "));
        Ok(())
    }
}

fn body_schema(operation: &Value) -> &Value {
    &operation["requestBody"]["content"]["application/json"]["schema"]
}

/// The value's members, none if it is not an object.
pub fn object(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

fn matches(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let is = |(wanted, given): (&&str, &&str)| {
        wanted == given || (wanted.starts_with('{') && !given.is_empty())
    };
    wanted.len() == given.len() && wanted.iter().zip(&given).all(is)
}

#[cfg(test)]
mod tests {
    use http::{StatusCode, header::CONTENT_TYPE};
    use serde_json::json;

    use super::*;

    /// A description that is not looked at documents everything.
    #[test]
    fn an_answer_is_as_documented_or_refused() {
        let document = Document::new(json!({
            "openapi": "3.1.0",
            "paths": { "/rooms/{id}": { "parameters": [], "get": { "responses": {
                "200": { "description": "The room", "content": { "application/json": { "schema": {
                    "$ref": "#/components/schemas/Room"
                } } } },
                "404": { "$ref": "#/components/responses/NotFound" },
                "5XX": { "description": "Broken" }
            } } } },
            "components": {
                "schemas": { "Room": {
                    "type": "object",
                    "required": ["id"],
                    "properties": { "id": { "type": "string", "format": "uuid" } }
                } },
                "responses": { "NotFound": { "description": "No such room", "content": { "application/json": {} } } }
            }
        }))
        .unwrap();
        let room = r#"{"id":"6a1c2f57-8b4d-4e63-a7f9-2c5d8e0b1a02"}"#;
        for (path, status, body, expected) in [
            (
                "/rooms/7?day=1",
                200,
                room,
                Some(Some("GET /rooms/{id} 200")),
            ),
            ("/rooms/7", 404, "{}", Some(Some("GET /rooms/{id} 404"))),
            ("/rooms/7", 503, "", Some(Some("GET /rooms/{id} 5XX"))),
            ("/nowhere", 404, "{}", Some(None)),
            ("/rooms/7", 200, r#"{"id":"seven"}"#, None),
            ("/rooms/7", 200, "{}", None),
            ("/rooms/7", 200, "[]", None),
            ("/rooms/7", 201, "{}", None),
            ("/rooms/7", 503, "a body", None),
            ("/rooms", 200, "[]", None),
            ("/rooms/", 200, "[]", None),
        ] {
            let json = "application/json; charset=utf-8".parse().unwrap();
            let answer = Answer {
                method: Method::GET,
                path: path.to_owned(),
                status: StatusCode::from_u16(status).unwrap(),
                headers: [(CONTENT_TYPE, json)].into_iter().collect(),
                body: body.as_bytes().to_owned(),
            };
            let found = document.check(&answer, None).ok();
            let found = found.map(|documented| documented.map(|found| found.to_string()));
            let expected = expected.map(|documented| documented.map(str::to_owned));
            assert_eq!(found, expected, "{path} {status} {body}");
        }
    }
}
