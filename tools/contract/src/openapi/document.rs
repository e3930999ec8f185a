//! Finds what is documented for an answer and validates the answer against it.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result, bail, ensure};
use jsonschema::Validator;
use reqwest::{Method, header::HeaderName};
use serde_json::{Map, Value, json};

use crate::answer::Answer;

/// The keys of a path item that are operations; the others (`parameters`, `summary`, …) are not.
pub const METHODS: [&str; 8] = [
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
        write!(
            f,
            "{} {} {}",
            self.method.to_uppercase(),
            self.path,
            self.status
        )
    }
}

/// A parsed `/openapi.json`.
#[derive(Debug)]
pub struct Document {
    root: Value,
    /// Compiled schemas by their JSON pointer.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    pub fn new(root: Value) -> Self {
        Self {
            root,
            validators: Mutex::default(),
        }
    }

    /// The document as it was served.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// All documented answers.
    pub fn documented(&self) -> BTreeSet<Documented> {
        let mut all = BTreeSet::new();
        for (path, item) in object(&self.root["paths"]) {
            for (method, operation) in object(item)
                .iter()
                .filter(|(key, _)| METHODS.contains(&key.as_str()))
            {
                for status in object(&operation["responses"]).keys() {
                    all.insert(Documented {
                        path: path.clone(),
                        method: method.clone(),
                        status: status.clone(),
                    });
                }
            }
        }
        all
    }

    /// Holds an answer, and the request if it was accepted, against what is documented for them, and says what that
    /// is. None for a refused request that is documented nowhere, and for `OPTIONS`, which CORS answers.
    ///
    /// # Errors
    /// When the answer or an accepted request is not as documented.
    pub fn check(&self, answer: &Answer, request: Option<&Value>) -> Result<Option<Documented>> {
        let method = answer.method.as_str().to_lowercase();
        let template = self.template(&answer.path);
        let operation = template.and_then(|path| {
            self.root["paths"][path]
                .get(&method)
                .map(|found| (path, found))
        });
        let Some((path, operation)) = operation else {
            let may_be_unknown = answer.status.as_u16() >= 400 || answer.method == Method::OPTIONS;
            ensure!(
                may_be_unknown,
                "/openapi.json documents no such operation, but {answer}"
            );
            return Ok(None);
        };
        let pointer = format!("/paths/{}/{method}", escape(path));
        let status = answer.status.as_u16();
        let range = format!("{}XX", status / 100);
        let keys = [status.to_string(), range, "default".to_owned()];
        let found = keys
            .into_iter()
            .find(|key| operation["responses"].get(key).is_some());
        let status = found.with_context(|| {
            format!("/openapi.json does not document this status, but {answer}")
        })?;

        self.check_response(&format!("{pointer}/responses/{status}"), answer)?;
        if let Some(request) = request.filter(|_| answer.status.is_success()) {
            let schema = format!("{pointer}/requestBody");
            self.check_request(&schema, request)
                .with_context(|| format!("accepted: {request}, {answer}"))?;
        }
        Ok(Some(Documented {
            path: path.to_owned(),
            method,
            status,
        }))
    }

    /// Whether a request body is one that is documented for this operation.
    ///
    /// # Errors
    /// When none is documented.
    pub fn allows(&self, path: &str, method: &str, body: &Value) -> Result<bool> {
        let (pointer, _) =
            self.resolve(&format!("/paths/{}/{method}/requestBody", escape(path)))?;
        let schema = format!("{pointer}/content/{}/schema", escape("application/json"));
        Ok(self.validator(&schema)?.is_valid(body))
    }

    /// The documented path that a request's path is an instance of; one without parameters comes first.
    fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap_or_default();
        let templates = object(&self.root["paths"]).keys().map(String::as_str);
        templates
            .filter(|template| matches(template, path))
            .min_by_key(|template| template.matches('{').count())
    }

    fn check_response(&self, pointer: &str, answer: &Answer) -> Result<()> {
        let (pointer, response) = self.resolve(pointer)?;
        for (name, header) in object(&response["headers"]) {
            let there = HeaderName::try_from(name.as_str())
                .is_ok_and(|name| answer.headers.contains_key(name));
            ensure!(
                there || header["required"] != true,
                "without its documented header {name}, {answer}"
            );
        }
        let content = object(&response["content"]);
        if content.is_empty() {
            ensure!(
                answer.body.is_empty(),
                "documented without a body, but {answer}"
            );
            return Ok(());
        }
        let media_type = answer
            .media_type()
            .with_context(|| format!("no content type, {answer}"))?;
        let media = content.get(media_type);
        let media =
            media.with_context(|| format!("{media_type} is not documented, but {answer}"))?;
        if media_type == "application/json" && media.get("schema").is_some() {
            let schema = format!("{pointer}/content/{}/schema", escape(media_type));
            self.validate(&schema, &answer.json()?)
                .with_context(|| format!("not as documented: {answer}"))?;
        }
        Ok(())
    }

    fn check_request(&self, pointer: &str, request: &Value) -> Result<()> {
        let (pointer, _) = self
            .resolve(pointer)
            .context("/openapi.json documents no request body")?;
        self.validate(
            &format!("{pointer}/content/{}/schema", escape("application/json")),
            request,
        )
    }

    /// Follows `$ref`s, which may stand wherever a response or a request body may.
    fn resolve(&self, pointer: &str) -> Result<(String, &Value)> {
        let mut pointer = pointer.to_owned();
        for _ in 0..8 {
            let found = self
                .root
                .pointer(&pointer)
                .with_context(|| format!("nothing at {pointer}"))?;
            let Some(reference) = found.get("$ref").and_then(Value::as_str) else {
                return Ok((pointer, found));
            };
            let inside = reference
                .strip_prefix('#')
                .context("a $ref that leaves the document")?;
            pointer = inside.to_owned();
        }
        bail!("a chain of $refs without end at {pointer}")
    }

    fn validate(&self, pointer: &str, value: &Value) -> Result<()> {
        let validator = self.validator(pointer)?;
        let errors = validator
            .iter_errors(value)
            .map(|error| format!("{error} at {:?}", error.instance_path().as_str()));
        let errors: Vec<_> = errors.collect();
        ensure!(errors.is_empty(), "{}", errors.join("; "));
        Ok(())
    }

    fn validator(&self, pointer: &str) -> Result<Arc<Validator>> {
        let mut validators = self.validators.lock().expect("no validation panics");
        if let Some(known) = validators.get(pointer) {
            return Ok(Arc::clone(known));
        }
        // A schema of its own that refers into the document, so that the document's own `$ref`s resolve.
        let mut schema = self.root.clone();
        // In a URI, the braces of a path's parameters are written in percents.
        schema["$ref"] = json!(format!(
            "#{}",
            pointer.replace('{', "%7B").replace('}', "%7D")
        ));
        let options = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true);
        let validator = options
            .build(&schema)
            .map_err(|error| anyhow::anyhow!("the schema at {pointer}: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(pointer.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }
}

/// A key as a JSON pointer has it (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The value's members, none if it is not an object.
pub fn object(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
