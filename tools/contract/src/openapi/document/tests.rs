use reqwest::StatusCode;

use super::*;

fn document() -> Document {
    Document::new(json!({
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
}

fn answer(path: &str, status: u16, body: &str) -> Answer {
    let content_type = (
        reqwest::header::CONTENT_TYPE,
        "application/json; charset=utf-8".parse().unwrap(),
    );
    Answer {
        method: Method::GET,
        path: path.to_owned(),
        status: StatusCode::from_u16(status).unwrap(),
        headers: [content_type].into_iter().collect(),
        body: body.as_bytes().to_owned(),
    }
}

#[test]
fn an_answer_is_found_and_validated_through_references() {
    let right = answer(
        "/rooms/7?day=1",
        200,
        r#"{"id":"6a1c2f57-8b4d-4e63-a7f9-2c5d8e0b1a02"}"#,
    );
    let found = document().check(&right, None).unwrap().unwrap();
    assert_eq!(found.to_string(), "GET /rooms/{id} 200");
    assert_eq!(
        document()
            .check(&answer("/rooms/7", 404, "{}"), None)
            .unwrap()
            .unwrap()
            .status,
        "404"
    );
    assert_eq!(
        document()
            .check(&answer("/rooms/7", 503, ""), None)
            .unwrap()
            .unwrap()
            .status,
        "5XX"
    );
}

#[test]
fn what_is_not_as_documented_is_refused() {
    for (path, status, body) in [
        ("/rooms/7", 200, r#"{"id":"seven"}"#),
        ("/rooms/7", 200, "{}"),
        ("/rooms/7", 200, "[]"),
        ("/rooms/7", 201, "{}"),
        ("/rooms/7", 503, "a body"),
        ("/rooms", 200, "[]"),
        ("/rooms/", 200, "[]"),
    ] {
        assert!(
            document().check(&answer(path, status, body), None).is_err(),
            "{path} {status} {body}"
        );
    }
}

#[test]
fn a_refused_unknown_path_is_documented_nowhere() {
    assert_eq!(
        document()
            .check(&answer("/nowhere", 404, "{}"), None)
            .unwrap(),
        None
    );
}

#[test]
fn all_documented_answers_are_listed() {
    let all: Vec<_> = document()
        .documented()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        all,
        [
            "GET /rooms/{id} 200",
            "GET /rooms/{id} 404",
            "GET /rooms/{id} 5XX"
        ]
    );
}
