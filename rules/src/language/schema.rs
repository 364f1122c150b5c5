//! JSON Schema (draft 2020-12) of the files that authors write, made from the one vocabulary: what an editor completes,
//! explains on hover and underlines. What it refuses the reader refuses too, but for unusual capitals.

use serde_json::{Map, Value, json};

use super::schema_fields::{self as fields, Field, Shape, Sheet};
use super::words::Word;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// A scenario.
    Scenario,
    /// The contact policy.
    Policy,
    /// A test file.
    Test,
}

impl SchemaKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Scenario, Self::Policy, Self::Test];

    /// `scenario`, `policy`, `test`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Policy => "policy",
            Self::Test => "test",
        }
    }

    fn sheets(self) -> &'static [Sheet] {
        match self {
            Self::Scenario => &fields::SCENARIO,
            Self::Policy => &fields::POLICY,
            Self::Test => &fields::TEST,
        }
    }
}

/// The schema of a kind of file. Its first sheet is the file itself.
pub fn schema(kind: SchemaKind) -> Value {
    let sheets = kind.sheets();
    let definitions: Map<String, Value> = sheets.iter().map(|sheet| (sheet.name.to_owned(), form(sheet))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("touchpoint {}", kind.name()),
        "$ref": format!("#/$defs/{}", sheets.first().map_or("", |sheet| sheet.name)),
        "$defs": definitions,
    })
}

/// A form: its keys in both languages; other spellings are taken but not offered.
fn form(sheet: &Sheet) -> Value {
    let (mut properties, mut patterns) = (Map::new(), Map::new());
    for word in sheet.form.keys {
        let field = sheet.field(*word);
        properties.insert(word.english.to_owned(), described(field, |[english, chinese]| [english, chinese]));
        properties.insert(word.chinese.to_owned(), described(field, |[english, chinese]| [chinese, english]));
        if !word.also.is_empty() {
            patterns.insert(format!("^({})$", word.also.join("|")), described(field, |says| says));
        }
    }
    let mut form = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
        "minProperties": 1,
    });
    let required: Vec<Value> = sheet.required.iter().map(|group| any_of_these(group)).collect();
    if let Some(form) = form.as_object_mut() {
        if !required.is_empty() {
            form.insert("allOf".to_owned(), Value::Array(required));
        }
        if sheet.one_only {
            form.insert("maxProperties".to_owned(), json!(1));
        }
    }
    form
}

/// That one of the words stands in a form, in any spelling.
fn any_of_these(words: &[Word]) -> Value {
    let spellings = words.iter().flat_map(Word::spellings);
    json!({ "anyOf": spellings.map(|spelling| json!({ "required": [spelling] })).collect::<Vec<_>>() })
}

fn described(field: Option<&Field>, order: impl Fn([&'static str; 2]) -> [&'static str; 2]) -> Value {
    let Some(field) = field else { return json!({}) };
    let mut value = shape(field.shape);
    if let Some(value) = value.as_object_mut() {
        let [first, second] = order(field.says);
        value.insert("description".to_owned(), json!(format!("{first}\n\n{second}")));
    }
    value
}

/// What a value may look like. A number without quotes is a number to an editor, and a text to us.
fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Pattern(pattern, examples) => {
            json!({ "type": "string", "pattern": or_column(pattern), "examples": examples })
        }
        Shape::Digits(pattern, examples) => {
            json!({ "type": ["string", "integer"], "pattern": or_column(pattern), "examples": examples })
        }
        Shape::Decimal(pattern, examples) => {
            json!({ "type": ["string", "number"], "pattern": or_column(pattern), "examples": examples })
        }
        Shape::Whole(least, most) => json!({
            "type": ["string", "integer"], "pattern": or_column("^[0-9][0-9,_]*$"), "minimum": least, "maximum": most
        }),
        Shape::Choice(words) => choice(words),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Form(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Shape::OneOrMore(item) => {
            let item = self::shape(*item);
            json!({ "anyOf": [item, { "type": "array", "items": item, "minItems": 1 }] })
        }
        Shape::Several(item, least) => json!({ "type": "array", "items": self::shape(*item), "minItems": least }),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(|one| self::shape(*one)).collect::<Vec<_>>() }),
        Shape::Columns(item) => json!({ "type": "object", "additionalProperties": self::shape(*item) }),
    }
}

/// The notation, or a column of a template that holds it: `{hours}`.
fn or_column(pattern: &str) -> String {
    format!(r"({pattern})|\{{[^{{}}]+\}}")
}

/// One of few words. `true` and `false` are no texts to an editor.
fn choice(words: &[Word]) -> Value {
    let mut values: Vec<Value> = Vec::new();
    for spelling in words.iter().flat_map(Word::spellings) {
        let truth = spelling.parse::<bool>().ok().map(Value::Bool);
        values.extend(truth);
        values.push(json!(spelling));
    }
    values.dedup();
    json!({ "enum": values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_every_form_is_described_in_both_languages() {
        for sheet in SchemaKind::ALL.into_iter().flat_map(SchemaKind::sheets) {
            for word in sheet.form.keys {
                let field = sheet.field(*word);
                assert!(field.is_some(), "add `{}` to the sheet `{}` of schema_fields", word.english, sheet.name);
            }
            for field in sheet.fields.iter().copied().flatten() {
                let [english, chinese] = field.says;
                let is_chinese = |text: &str| text.chars().any(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}'));
                assert!(!is_chinese(english) && is_chinese(chinese), "{}: {english}", field.word.english);
            }
        }
    }
}
