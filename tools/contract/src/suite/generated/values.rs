//! What is sent: any text, any JSON, any bytes, and what is nearly right.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value};
use time::{Date, macros::format_description};

/// Words that have broken servers before.
const KNOWN: &[&str] = &[
    "",
    "\0",
    "a\0b",
    "'; drop table users; --",
    "null",
    "undefined",
    "NaN",
    "1e999",
    "../..",
    "%00",
    "\u{feff}x",
    "\u{202e}x",
    "İ",
    "ﬃ",
    "👩‍👩‍👧‍👦",
    "{{7*7}}",
    "a@b",
    "A@B",
    "ipesenti",
    "\r\nSet-Cookie: a=b",
];

/// Words of all kinds.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(KNOWN).prop_map(str::to_owned),
        4 => vec(any::<char>(), 0..40).prop_map(String::from_iter),
        // No more than fits into a body, where JSON makes six bytes of one.
        1 => (any::<char>(), 100..10_000_usize).prop_map(|(c, length)| c.to_string().repeat(length / c.len_utf8())),
    ]
}

/// Any JSON, a few levels deep.
pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((text(), inner), 0..6).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// An object with these fields, each of which is text, anything, or not there.
pub fn object(fields: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let field = prop_oneof![6 => text().prop_map(|text| Some(Value::from(text))), 2 => value().prop_map(Some), 1 => Just(None)];
    vec(field, fields.len()).prop_map(|values| {
        let members = fields
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        Value::Object(members.collect())
    })
}

/// Characters that somebody may have thought of, or not.
const CHARACTERS: &[char] = &[
    'a', 'Z', '9', '@', '.', ' ', '\t', '\n', '\0', '\u{7f}', '\u{85}', '\u{a0}', '\u{ad}',
    '\u{200b}', '\u{2028}', '\u{3000}', '\u{feff}', 'é', 'ß', '👩',
];

/// A sign-up whose fields are all texts, of about the lengths that are allowed.
pub fn sign_up() -> impl Strategy<Value = Value> {
    let character = || prop_oneof![3 => prop::char::range('a', 'z'), 1 => select(CHARACTERS), 1 => any::<char>()];
    let text = move |longest: usize| {
        let length = prop_oneof![3 => 0..12_usize, 1 => longest - 2..longest + 3];
        length
            .prop_flat_map(move |length| vec(character(), length))
            .prop_map(String::from_iter)
    };
    let email = prop_oneof![
        3 => (text(64), text(64)).prop_map(|(name, domain)| format!("{name}@{domain}")),
        1 => text(254),
    ];
    // A field that is right most of the time, so that the others decide.
    let or = |right: &'static str, field: BoxedStrategy<String>| prop_oneof![2 => field, 1 => "[a-z]{20}".prop_map(move |unique| unique + right)];
    (
        or("", text(64).boxed()),
        or("", text(128).boxed()),
        or("@example.com", email.boxed()),
    )
        .prop_map(|(username, password, email)| {
            serde_json::json!({ "username": username, "password": password, "email": email })
        })
}

/// A body as bytes: JSON, JSON that was cut or has one byte changed, and anything else.
pub fn body(fields: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let json = || {
        prop_oneof![4 => object(fields), 1 => value()]
            .prop_map(|value| value.to_string().into_bytes())
    };
    prop_oneof![
        4 => json(),
        1 => (json(), any::<prop::sample::Index>()).prop_map(|(json, at)| json[..at.index(json.len())].to_vec()),
        1 => (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut json, at, byte)| {
            let at = at.index(json.len());
            json[at] = byte;
            json
        }),
        1 => vec(any::<u8>(), 0..200),
    ]
}

/// Whether the text is a day, as the contract has it: `YYYY-MM-DD`, and in the calendar.
pub fn is_day(text: &str) -> bool {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    // There is no other way to write the same day, and whether there was a year 0 is nobody's concern here.
    day.is_ok_and(|day| day.year() > 0 && day.to_string() == text)
}

/// Days, what is nearly a day, and any text.
pub fn day() -> impl Strategy<Value = String> {
    let numbers = || (1..=9999_u16, 0..=15_u8, 0..=33_u8);
    let written =
        || numbers().prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let inserted = (
        written(),
        any::<prop::sample::Index>(),
        select(&b" 0+-/:TZ\0"[..]),
    );
    prop_oneof![
        6 => written(),
        2 => numbers().prop_map(|(year, month, day)| format!("{year}-{month}-{day}")),
        2 => inserted.prop_map(|(mut text, at, byte)| {
            text.insert(at.index(text.len() + 1), char::from(byte));
            text
        }),
        2 => vec(select(&b"0123456789-+ /:TZ"[..]), 0..14).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        2 => text(),
    ]
}

/// Any bytes as one segment of a path. All that HTTP allows in a path, and percent signs, may come as they are.
pub fn segment() -> impl Strategy<Value = String> {
    let text = text().prop_map(|text| text.into_bytes().into_iter().take(2000).collect());
    let bytes = prop_oneof![vec(any::<u8>(), 1..60), text];
    (bytes, any::<bool>())
        .prop_map(|(bytes, all)| encode(bytes, all))
        .prop_filter("an empty segment is another path", |id| !id.is_empty())
}

/// The bytes as part of a URL: all of them in percents, or only those that have to be.
pub fn encode(bytes: impl IntoIterator<Item = u8>, all: bool) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || (!all && b"-_~!$&'()*+,;=:@".contains(&byte));
    let encoded = bytes.into_iter().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}
