//! `result.json`: the campaign as it is kept, and read again.

use super::model::{Campaign, SCHEMA};

/// Why a `result.json` could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// A value has no form in JSON, which the types of the model do not allow.
    #[error("cannot write the campaign as json")]
    Write(#[source] serde_json::Error),
    /// The text is not a campaign: it was cut, edited, or written by another version.
    #[error("cannot read a campaign from json")]
    Read(#[source] serde_json::Error),
    /// The text is a campaign of another version.
    #[error("cannot read a campaign of schema {found}: this version reads schema {SCHEMA}")]
    Schema {
        /// The version that the text names.
        found: u64,
    },
}

/// Writes a campaign. The same campaign gives the same bytes; the text ends with a newline.
///
/// A number that is not finite becomes `null`, and [`read`] refuses such a text: whoever fills the model leaves it out.
pub fn write(campaign: &Campaign) -> Result<String, JsonError> {
    let mut text = serde_json::to_string_pretty(campaign).map_err(JsonError::Write)?;
    text.push('\n');
    Ok(text)
}

/// Reads a campaign that [`write()`] wrote. Refuses another schema before it looks at anything else.
pub fn read(text: &str) -> Result<Campaign, JsonError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(JsonError::Read)?;
    let found = value.get("schema").and_then(serde_json::Value::as_u64);
    match found {
        Some(found) if found == u64::from(SCHEMA) => {
            serde_json::from_value(value).map_err(JsonError::Read)
        }
        found => Err(JsonError::Schema {
            found: found.unwrap_or(0),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::demo;
    use super::*;

    #[test]
    fn a_campaign_survives_writing_and_reading() {
        let campaign = demo::campaign();
        let text = write(&campaign).unwrap();
        assert_eq!(read(&text).unwrap(), campaign);
        assert_eq!(write(&read(&text).unwrap()).unwrap(), text);
    }

    #[test]
    fn another_schema_and_an_unknown_key_are_refused() {
        let text = write(&demo::campaign()).unwrap();
        let other = text.replacen("\"schema\": 1", "\"schema\": 2", 1);
        assert!(matches!(read(&other), Err(JsonError::Schema { found: 2 })));
        let misspelt = text.replacen("\"stopping_rule\"", "\"stoping_rule\"", 1);
        assert!(matches!(read(&misspelt), Err(JsonError::Read(_))));
        assert!(matches!(read("{}"), Err(JsonError::Schema { found: 0 })));
    }
}
