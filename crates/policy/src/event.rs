//! An alert as signatures see it: the document itself, but for the agent's name, which is the canonical one.

use crate::config::Config;
use crate::document_tree::Node;
use crate::profile::Profile;
use alert::Severity;
use rsigma_eval::{Event, EventValue, JsonEvent};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// One alert. Its document stays as it is; only what signatures read of the agent's name differs.
pub(crate) struct AlertEvent<'a> {
    alert: &'a Node<'a>,
    /// The same alert as the library walks it: for arrays, for paths with an index, and for keywords. Seldom needed.
    json: OnceCell<JsonEvent<'static>>,
    profile: Profile,
    /// The canonical name, if the alert names the agent otherwise.
    renamed: Option<&'a str>,
}

impl<'a> AlertEvent<'a> {
    /// The alert in a document. An indexer's hit carries it below `_source`. `None` if it is not a JSON object.
    pub(crate) fn of(document: &'a Node<'a>, config: &'a Config) -> Option<Self> {
        let alert = match document.get("_source") {
            Some(source @ Node::Object(_)) => source,
            _ => document,
        };
        alert.members()?;
        let mut event = AlertEvent {
            alert,
            json: OnceCell::new(),
            profile: config.profile,
            renamed: None,
        };
        if !config.agents.is_empty()
            && let Some(name) = event.scalar(config.profile.agent())
        {
            let canonical = config.agents.get(&name.to_lowercase());
            event.renamed = canonical.map(String::as_str);
        }
        Some(event)
    }

    /// A field that holds one text or number.
    pub(crate) fn scalar(&self, path: &str) -> Option<String> {
        match self.get_field(path)? {
            value @ (EventValue::Str(_) | EventValue::Int(_)) => {
                value.as_str().map(Cow::into_owned)
            }
            // 18446744073709551615 and the like: no rule and no level is that large.
            _ => None,
        }
    }

    fn json(&self) -> &JsonEvent<'static> {
        self.json
            .get_or_init(|| JsonEvent::owned(self.alert.value()))
    }

    pub(crate) fn severity(&self) -> Option<Severity> {
        self.profile.severity(&self.scalar(self.profile.level())?)
    }
}

impl Event for AlertEvent<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        if let Some(name) = self.renamed
            && path == self.profile.agent()
        {
            return Some(EventValue::Str(Cow::Borrowed(name)));
        }
        // The library parses the path anew at each call. Most paths lead through objects only, and need no parsing.
        if let Some(value) = self.alert.get(path) {
            return Some(value.event_value());
        }
        let mut object = self.alert;
        let mut rest = path;
        while let Some((key, below)) = rest.split_once('.') {
            match object.get(key) {
                Some(inner @ Node::Object(_)) => object = inner,
                Some(Node::Array(_)) => return self.json().get_field(path),
                _ if key.contains(['[', '\\']) => return self.json().get_field(path),
                _ => return None,
            }
            rest = below;
        }
        if rest.contains(['[', '\\']) {
            return self.json().get_field(path);
        }
        object.get(rest).map(Node::event_value)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.json().any_string_value(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.json().all_string_values()
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        self.json().visit_string_values(visit);
    }

    fn to_json(&self) -> Value {
        self.json().to_json()
    }

    fn field_keys(&self) -> Vec<Cow<'_, str>> {
        self.json().field_keys()
    }

    fn top_level_keys(&self) -> Option<Vec<Cow<'_, str>>> {
        let members = self.alert.members()?;
        Some(
            members
                .iter()
                .map(|(key, _)| Cow::Borrowed(key.as_ref()))
                .collect(),
        )
    }

    fn visit_top_level_keys(&self, visit: &mut dyn FnMut(&str)) -> bool {
        let members = self.alert.members().unwrap_or_default();
        for (key, _) in members {
            visit(key);
        }
        true
    }
}
